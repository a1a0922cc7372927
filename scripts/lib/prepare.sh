# Read by scripts/demo and scripts/test: the packages that are missing, then a configured build directory.
# shellcheck shell=sh disable=SC2034,SC2048,SC2086
# Expects $root, the top of the tree.

# The packages that each part needs; they have the same names in Debian 12 and 13.
build_packages="g++ cmake pkgconf libpaho-mqtt-dev libpaho-mqttpp-dev libssl-dev nlohmann-json3-dev libcbor-dev
  libcli11-dev libexpected-dev mosquitto mosquitto-dev libmosquitto-dev libtss2-dev libp11-kit-dev libcsv-dev"
demo_packages="openssl"
test_packages="catch2 openssl strace python3-yaml python3-jsonschema faketime iproute2 zsh fish groff-base jq putty-tools
  swtpm tpm2-tools tpm2-openssl tpm2-abrmd libtss2-tcti-tabrmd0 dbus-daemon softhsm2 opensc libengine-pkcs11-openssl
  mosquitto-clients curl umoci runc python3-paho-mqtt chromium parallel spin awscli
  kconfig-frontends-nox"
# For scripts/lib/release-trial, which runs a part of the tests.
release_trial_packages="catch2 faketime iproute2 groff-base jq mosquitto-clients opensc openssl python3
  python3-paho-mqtt softhsm2 strace swtpm tpm2-openssl tpm2-tools"
# For scripts/test-in-chroot.
chroot_packages="mmdebstrap"
# For scripts/check-model.
model_packages="spin gcc"
# For scripts/benchmark; AWS's own client also needs node and npm.
benchmark_packages="python3 strace valgrind binutils"
# For scripts/conformance with the simulator; in an AWS account it also needs awscli.
conformance_packages="python3 openssl"
# For scripts/package and scripts/test-packages: the tools of the building machine, and what is linked to.
package_packages="debhelper dpkg-dev fakeroot lintian"
# For scripts/check-packages.
check_packages_packages="lintian blhc devscripts piuparts autopkgtest mmdebstrap binutils"
build_tools="build-essential cmake pkgconf nlohmann-json3-dev libcli11-dev libexpected-dev mosquitto-dev"
# For scripts/image; mmdebstrap needs uidmap where it is not run by root.
image_packages="mmdebstrap umoci jq dpkg-dev uidmap"
image_trial_packages="runc skopeo openssl iproute2 python3-yaml"
# For scripts/format, check-shell, lint, test-sanitized and coverage.
format_packages="clang-format"
shell_check_packages="shellcheck"
clang_packages="clang clang-tidy libclang-rt-dev"
coverage_packages="clang llvm libclang-rt-dev python3"
cross_packages="pkgconf libmosquitto-dev libpaho-mqtt-dev libpaho-mqttpp-dev libssl-dev libcbor-dev libtss2-dev libp11-kit-dev libcsv-dev"

log="${root:-}/build/log"

# show_help: the comment at the top of the script.
show_help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

# answer_help "$@": a script that is asked how it is used says so and ends.
answer_help() {
  case ${1:-} in -h | --help) show_help; exit 0 ;; esac
}

# at_exit COMMAND: runs it when the script ends, also by a signal. The traps of signals are needed because dash, Debian's
# sh, does not run that of EXIT when a signal ends it.
at_exit() {
  # shellcheck disable=SC2064
  trap "$1" EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 141' PIPE
  trap 'exit 143' TERM
}

# no_arguments "$@": for a script that takes none.
no_arguments() {
  answer_help "$@"
  [ $# -eq 0 ] || { echo "scripts/$(basename "$0"): unknown argument $1; see --help" >&2; exit 64; }
}

# quietly WHAT COMMAND…: one line on the screen; the output goes to the log and is shown when the command fails.
quietly() {
  quietly_what=$1
  shift
  printf '%s ... ' "$quietly_what" >&2
  quietly_began=$(date +%s)
  if "$@" > "$log" 2>&1; then
    printf '%d s\n' "$(($(date +%s) - quietly_began))" >&2
  else
    printf 'failed\n\n' >&2
    tail -n 60 "$log" >&2
    printf '\nthe whole log: %s\n' "$log" >&2
    exit 1
  fi
}

# git_here ARGUMENT…: runs git in this tree, whatever user owns it; fails without git or a repository.
git_here() {
  [ -e "$root/.git" ] && command -v git > /dev/null && git -c safe.directory="$root" -C "$root" "$@"
}

# source_files [PATTERN…]: the files of the tree, without what is built, one a line; a pattern is one of git (*.cpp).
source_files() {
  if git_here rev-parse --is-inside-work-tree > /dev/null 2>&1; then
    git_here ls-files --cached --others --exclude-standard -- "$@"
  else
    if [ $# -eq 0 ]; then set -- '*'; fi
    for source_files_pattern in "$@"; do
      find "$root" \( -name .git -o -path "$root/build*" \) -prune -o -type f -name "$source_files_pattern" -printf '%P\n'
    done
  fi | sort -u | while IFS= read -r source_file; do
    if [ -f "$root/$source_file" ]; then echo "$source_file"; fi
  done
}

# take_lock DIRECTORY: ends the script where another run uses DIRECTORY. The lock is given back when the script and the
# programs that it executes have ended.
take_lock() {
  mkdir -p "$1"
  exec 9> "$1/lock"
  flock -n 9 || { echo "${0##*/}: another run uses $1; wait for its end" >&2; exit 70; }
}

# copy_tree DIRECTORY: the tree without what git and builds keep; a pipe would lose the failure of its first half.
copy_tree() {
  tar -C "$root" --exclude=./.git --exclude='./build*' -cf "$1.tar" .
  tar -C "$1" --no-same-owner -xf "$1.tar"
  rm "$1.tar"
}

# install_missing PACKAGES…: installs them by apt, as root or through sudo; does nothing if all are installed. An
# argument may hold several names, as the lists above do.
install_missing() {
  if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
    printf 'not a Debian system: make sure that these are installed: %s\n' "$*" >&2
    return
  fi
  missing=
  for package in $*; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null) || status=
    if [ "$status" != installed ]; then missing="$missing $package"; fi
  done
  if ! command -v ninja > /dev/null && ! command -v make > /dev/null; then missing="$missing ninja-build"; fi
  [ -n "$missing" ] || return 0

  # Word splitting is meant below: $missing is a list of names without blanks.
  if [ "$(id -u)" -eq 0 ]; then
    quietly "installing$missing" sh "$root/scripts/lib/install-packages" $missing
  elif command -v sudo > /dev/null; then
    if ! sudo -n true 2> /dev/null; then
      printf 'sudo is asked for the right to install%s\n' "$missing" >&2
      sudo -v || exit 1
    fi
    quietly "installing$missing" sudo sh "$root/scripts/lib/install-packages" $missing
  else
    printf 'these packages are missing and there is no sudo; run this as root first:\n  apt-get install%s\n' "$missing" >&2
    exit 1
  fi
}

# configure DIRECTORY [CMAKE-ARGUMENT…]
configure() {
  build_tree=$1
  shift
  if [ ! -f "$build_tree/CMakeCache.txt" ] && command -v ninja > /dev/null; then set -- -G Ninja "$@"; fi
  if command -v ccache > /dev/null; then set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"; fi
  quietly "configuring" cmake -S "$root" -B "$build_tree" "$@"
}

# configure_quick DIRECTORY [CMAKE-ARGUMENT…]: for whole builds. Several sources are compiled as one, which reads and
# instantiates each header once for all of them: lib and apps take less than half the time. Not with ccache, which does
# better with single sources.
configure_quick() {
  build_tree=$1
  shift
  if ! command -v ccache > /dev/null; then set -- -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=10 "$@"; fi
  configure "$build_tree" "$@"
}

# build DIRECTORY [TARGET…]
build() {
  build_tree=$1
  shift
  if [ $# -gt 0 ]; then set -- --target "$@"; fi
  quietly "building" cmake --build "$build_tree" --parallel "$(nproc)" "$@"
}

# A caller that needs only the lists of packages has no tree.
if [ -n "${root:-}" ]; then mkdir -p "$root/build"; fi
