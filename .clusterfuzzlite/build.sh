#!/bin/bash
# Builds the fuzzers for ClusterFuzzLite and OSS-Fuzz, which set SRC, WORK, OUT, CC, CXX, CFLAGS, CXXFLAGS and
# LIB_FUZZING_ENGINE. OUT then has each fuzzer with its corpus, dictionary and options, and in lib the shared libraries
# that the running machine lacks. `scripts/fuzz --cluster-build` runs this without a container.
set -eu
: "${SRC:?} ${WORK:?} ${OUT:?} ${CC:?} ${CXX:?} ${CFLAGS?} ${CXXFLAGS?} ${LIB_FUZZING_ENGINE:?}"
tree="$SRC/fleet-provision"
build="$WORK/fuzz"
# Paho's C++ library is the distribution's, so ours has to be the same.
CXXFLAGS=${CXXFLAGS//-stdlib=libc++/}

# The older kind of run path also holds for the libraries of libraries.
cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=10 \
  -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_CXX_FLAGS="$CXXFLAGS" \
  -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags '-DCMAKE_BUILD_RPATH=$ORIGIN/lib' \
  -DFLEET_PROVISION_FUZZ=ON -DFLEET_PROVISION_FUZZ_ENGINE="$LIB_FUZZING_ENGINE"
# Some of them, for a trial: FUZZ_TARGETS="key_uri text".
read -r -a targets <<< "${FUZZ_TARGETS:-}"
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(sed -n 's/^ *fp_fuzz(\([a-z0-9_]*\).*/\1/p' "$tree/tests/fuzz/CMakeLists.txt")
[ "${#targets[@]}" -gt 0 ] || { echo "tests/fuzz/CMakeLists.txt names no target" >&2; exit 1; }
cmake --build "$build" --target "${targets[@]/#/fuzz_}"

mkdir -p "$OUT/lib"
for target in "${targets[@]}"; do
  cp "$build/tests/fuzz_$target" "$OUT/"
  (cd "$tree/tests/fuzz/corpus/$target" && python3 -m zipfile -c "$OUT/fuzz_${target}_seed_corpus.zip" ./*)
  cp "$tree/tests/fuzz/words.dict" "$OUT/fuzz_$target.dict"
  printf '[libfuzzer]\nmax_len = 2000\ntimeout = 10\n' > "$OUT/fuzz_$target.options"
done
# All libraries but those of glibc, which every machine has.
ldd "$OUT"/fuzz_* 2> /dev/null | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p' | sort -u | while IFS= read -r library; do
  case ${library##*/} in
    libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libresolv.so.* | ld-linux*) ;;
    *) cp -L "$library" "$OUT/lib/" ;;
  esac
done
