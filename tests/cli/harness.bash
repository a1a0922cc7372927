# Golden tests of the command line: run a program, compare what it printed, its exit code and the files it left.
#
#   . "$(dirname -- "$0")/harness.bash" || exit 1
#   run fleet-provision --version
#   expect_code 0
#   expect_stdout <<'END'            (exactly these lines; … stands for any text within a line,
#   fleet-provision 0.1.0             a line of only …… for any number of lines)
#   END
#   expect_files gateway <<'END'     (exactly these, as MODE PATH, sorted by path)
#
# Each script starts in an empty directory with the tested programs first in PATH and an environment without any of
# our variables. A failed expectation is told and counted; the script goes on and fails at its end.
set -u

: "${FLEET_PROVISION_TEST_BIN:?the directory of the programs}"
: "${FLEET_PROVISION_TEST_VERSION:=0}"
BIN=$FLEET_PROVISION_TEST_BIN
PARTS=${FLEET_PROVISION_TEST_PARTS:-$BIN/../tests}
VERSION=$FLEET_PROVISION_TEST_VERSION
for variable in $(compgen -e); do
  case $variable in
    FLEET_PROVISION* | MQTT_* | NO_COLOR | *_proxy | *_PROXY | LC_* | LANG | LANGUAGE | SSL_CERT_*) unset "$variable" ;;
  esac
done
export LC_ALL=C.UTF-8 TERM=dumb PATH=$BIN:$PATH

SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/fleet-provision-cli-XXXXXX")
mkdir "$SCRATCH/io" "$SCRATCH/work"
cd "$SCRATCH/work" || exit 1
# Not what may stand in /etc on this machine.
echo '{}' >"$SCRATCH/io/no-configuration.json"
export FLEET_PROVISION_CONFIG=$SCRATCH/io/no-configuration.json
FAILURES=0
CHILDREN=()

leave() {
  local code=$? child
  for child in "${CHILDREN[@]:-}"; do [ -n "$child" ] && kill "$child" 2>/dev/null && wait "$child" 2>/dev/null; done
  rm -rf "$SCRATCH"
  exit $((code != 0 ? code : FAILURES != 0))
}
trap leave EXIT

failed() {
  FAILURES=$((FAILURES + 1))
  printf '\n--- line %s: %s\n    after: %s\n' "${BASH_LINENO[-2]}" "$1" "$COMMAND"
}

# Runs a program; its stdin is $STDIN, or empty.
run() {
  COMMAND="$*"
  "$@" >"$SCRATCH/io/stdout" 2>"$SCRATCH/io/stderr" <"${STDIN:-/dev/null}"
  CODE=$?
}

expect_code() {
  [ "$CODE" -eq "$1" ] || {
    failed "exit code $CODE, expected $1"
    sed 's/^/    stderr: /' "$SCRATCH/io/stderr"
  }
}

# Whether line $1 is as golden line $2, in which … stands for anything.
line_matches() {
  local pattern=$2 special
  for special in '\' '*' '?' '[' ']'; do pattern=${pattern//"$special"/\\"$special"}; done
  pattern=${pattern//…/*}
  # shellcheck disable=SC2053
  [[ $1 == $pattern ]]
}

# Whether the lines of array $1 from index $2 match those of array $3 from $4.
lines_match() {
  local -n actual_=$1 golden_=$3
  local a=$2 g=$4
  while [ "$g" -lt "${#golden_[@]}" ]; do
    if [ "${golden_[g]}" = "……" ]; then
      [ $((g + 1)) -eq "${#golden_[@]}" ] && return 0
      while [ "$a" -lt "${#actual_[@]}" ] && ! line_matches "${actual_[a]}" "${golden_[g + 1]}"; do a=$((a + 1)); done
      g=$((g + 1))
      continue
    fi
    [ "$a" -lt "${#actual_[@]}" ] && line_matches "${actual_[a]}" "${golden_[g]}" || return 1
    a=$((a + 1)) g=$((g + 1))
  done
  [ "$a" -eq "${#actual_[@]}" ]
}

expect_text() {
  local -a actual golden
  mapfile -t actual <"$2"
  mapfile -t golden
  lines_match actual 0 golden 0 || {
    failed "$1 differs (< is what came, > the golden)"
    diff "$2" <(printf '%s\n' "${golden[@]}") | sed 's/^/    /'
  }
}
expect_stdout() { expect_text stdout "$SCRATCH/io/stdout"; }
expect_stderr() { expect_text stderr "$SCRATCH/io/stderr"; }
expect_no_stdout() { [ -s "$SCRATCH/io/stdout" ] && { failed "stdout is not empty" && sed 's/^/    /' "$SCRATCH/io/stdout"; }; }
expect_no_stderr() { [ -s "$SCRATCH/io/stderr" ] && { failed "stderr is not empty" && sed 's/^/    /' "$SCRATCH/io/stderr"; }; }

# Each PART stands in the stream.
expect_in() {
  local stream=$1 part
  shift
  for part in "$@"; do
    grep -qF -- "$part" "$SCRATCH/io/$stream" || { failed "$stream lacks: $part" && sed 's/^/    /' "$SCRATCH/io/$stream"; }
  done
}
expect_in_stdout() { expect_in stdout "$@"; }
expect_in_stderr() { expect_in stderr "$@"; }

# A usage error: exit 64, nothing on stdout, WHAT and, if given, HINT on stderr (… as above).
expect_usage_error() {
  expect_code 64
  expect_no_stdout
  { printf 'fleet-provision: error: %s\n' "$1"; [ $# -lt 2 ] || printf 'hint: %s\n' "$2"; } |
    expect_text stderr "$SCRATCH/io/stderr"
}

# Everything below directory $1, as MODE PATH.
expect_files() {
  (cd "$1" 2>/dev/null && find . -mindepth 1 -printf '%m %P\n' | LC_ALL=C sort -k2) >"$SCRATCH/io/files"
  expect_text "the tree $1" "$SCRATCH/io/files"
}
# The value of a text or number $2 in the JSON file $1, wherever it is first met.
json_value() { sed -n 's/.*"'"$2"'": *"\{0,1\}\([^",}]*\)"\{0,1\}.*/\1/p' "$1" | head -n 1; }

# Runs the simulator, with the given options, until the script ends, and points our variables at it.
start_simulator() {
  local pair
  rm -f "$SCRATCH/io/ready"
  fleet-provision-simulator "$@" >"$SCRATCH/io/ready" 2>"$SCRATCH/io/simulator" &
  SIMULATOR=$!
  CHILDREN+=("$SIMULATOR")
  for _ in {1..200}; do
    [ -s "$SCRATCH/io/ready" ] && break
    kill -0 "$SIMULATOR" 2>/dev/null || break
    sleep 0.02
  done
  [ -s "$SCRATCH/io/ready" ] || { cat "$SCRATCH/io/simulator"; echo "the simulator does not start"; exit 1; }
  for pair in ENDPOINT:endpoint PORT:port CA_FILE:caFile CLAIM_CERT:claimCertificate CLAIM_KEY:claimKey TEMPLATE:template; do
    export "FLEET_PROVISION_${pair%%:*}=$(json_value "$SCRATCH/io/ready" "${pair#*:}")"
  done
  SIMULATOR_LOG=$(json_value "$SCRATCH/io/ready" log)
}
stop_simulator() {
  kill "$SIMULATOR" && wait "$SIMULATOR" 2>/dev/null
  CHILDREN=()
}

# Waits until file $1 holds $2, at most ten seconds.
wait_for_text() {
  for _ in {1..500}; do
    grep -qF -- "$2" "$1" 2>/dev/null && return 0
    sleep 0.02
  done
  failed "$1 never held: $2"
  return 1
}

expect_absent() { [ ! -e "$1" ] && [ ! -L "$1" ] || failed "$1 exists"; }
expect_true() { "$@" || failed "not true: $*"; }
