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
# our variables. A failed expectation is reported and the script goes on; it fails at its end. No failure may be lost:
# * Failures and expectations are counted in files, so that those of subshells, pipes and background jobs count.
# * A script fails if it ends before its last line (except by `finish` and `skip`), if bash itself complains about it
#   (an unset variable, an unknown command, an unfinished here-document), or if it expects nothing.
# * Each `run` needs an expectation, and each expectation something to compare with: an empty golden, a part without
#   text or a missing file fails. To expect nothing, say so: expect_no_stdout, expect_no_files, expect_absent.
# tests/cli/harness_check shows each of these failing.

# The script is read twice: first up to the line that sources this file; then this file sources the whole script and so
# detects its end.
[ -z "${HARNESS_READS_SCRIPT:-}" ] || return 0
set -u
# shellcheck source=tests/support/simulator.bash
. "$(dirname -- "${BASH_SOURCE[0]}")/../support/simulator.bash" || exit 1

: "${FLEET_PROVISION_TEST_BIN:?the directory of the programs}"
: "${FLEET_PROVISION_TEST_VERSION:=0}"
BIN=$FLEET_PROVISION_TEST_BIN
# shellcheck disable=SC2034 # the scripts use them
PARTS=${FLEET_PROVISION_TEST_PARTS:-$BIN/../tests}
# shellcheck disable=SC2034
VERSION=$FLEET_PROVISION_TEST_VERSION
[ -x "$BIN/fleet-provision" ] || { echo "$BIN/fleet-provision is not a program"; exit 1; }
for variable in $(compgen -e); do
  case $variable in
    FLEET_PROVISION* | MQTT_* | NO_COLOR | *_proxy | *_PROXY | LC_* | LANG | LANGUAGE | SSL_CERT_*) unset "$variable" ;;
  esac
done
export LC_ALL=C.UTF-8 TERM=dumb PATH=$BIN:$PATH

SCRIPT=$(readlink -f -- "$0") || exit 1
BASH_ARGV0=$SCRIPT
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/fleet-provision-cli-XXXXXX") || exit 1
mkdir "$SCRATCH/io" "$SCRATCH/work" && cd "$SCRATCH/work" || exit 1
# Replaces a configuration file that may exist in /etc on this machine.
echo '{}' >"$SCRATCH/io/no-configuration.json"
export FLEET_PROVISION_CONFIG=$SCRATCH/io/no-configuration.json
for file in failures begun ended; do : >"$SCRATCH/io/$file"; done
CHILDREN=()
COMMAND="" CODE="" SIMULATOR="" LOOKED=0 HOW_IT_ENDS="before its last line"

# The lines of the script that lead here, the outermost first.
lines_of_script() {
  local i lines=
  for ((i = ${#BASH_SOURCE[@]} - 1; i > 0; --i)); do
    if [ "${BASH_SOURCE[i]}" = "$SCRIPT" ] && [ "${FUNCNAME[i]}" != main ]; then lines+=${lines:+, }${BASH_LINENO[i - 1]}; fi
  done
  printf '%s' "$lines"
}

failed() {
  printf 'line %s: %s\n' "$(lines_of_script)" "$1" >>"$SCRATCH/io/failures"
  printf '\n--- line %s: %s\n    after: %s\n' "$(lines_of_script)" "$1" "$COMMAND"
}

# The error messages of bash itself about the script and this file, without those about jobs such as "PID Terminated".
complaints_of_bash() {
  grep -aE '(/(harness|simulator|batch)\.bash|\.test): (line [0-9]+|warning): ' "$SCRATCH/io/said" |
    grep -avE ': line [0-9]+: +[0-9]+ (Terminated|Killed|Hangup|Interrupt)'
}

leave() {
  local code=$? child begun="" ended="" complaints
  # A subshell of a pipe that ends because of an unset variable also runs this trap.
  [ "$BASHPID" -eq $$ ] || exit "$code"
  for child in "${CHILDREN[@]}"; do
    if [ "$child" = "$SIMULATOR" ]; then stop_simulator; else kill "$child" 2>/dev/null && wait "$child"; fi
  done
  every_run_was_looked_at
  cat "$SCRATCH/io/said"
  complaints=$(complaints_of_bash) && failed "bash complains: $complaints"
  IFS= read -r begun <"$SCRATCH/io/begun"
  IFS= read -r ended <"$SCRATCH/io/ended"
  [ "${#begun}" -eq "${#ended}" ] || failed "an expectation was not looked at to its end"
  case $HOW_IT_ENDS in
    skipped) ;;
    well) [ "${#begun}" -gt 0 ] || failed "the script expects nothing" ;;
    *) failed "the script ends $HOW_IT_ENDS, with $code" ;;
  esac
  code=1
  if [ -f "$SCRATCH/io/failures" ] && [ ! -s "$SCRATCH/io/failures" ]; then
    [ "$HOW_IT_ENDS" = skipped ] && code=77 || code=0
  else
    printf '\nfailed:\n' && cat "$SCRATCH/io/failures"
  fi
  rm -rf "$SCRATCH"
  exit "$code"
}

# Ends the script before its last line, as a success unless something has failed.
finish() { HOW_IT_ENDS=well && exit 0; }
# Ends the script as skipped, because this machine cannot run it.
skip() { echo "skipped: $1" && HOW_IT_ENDS=skipped && exit 77; }

# Called at the begin and at the end of every expectation, so that one that does not complete is detected.
begin() { printf . >>"$SCRATCH/io/begun"; }
end() { printf . >>"$SCRATCH/io/ended"; }
every_run_was_looked_at() {
  local ended=
  IFS= read -r ended <"$SCRATCH/io/ended"
  [ -z "$COMMAND" ] || [ "${#ended}" -gt "$LOOKED" ] || failed "nothing is expected of this run"
  LOOKED=${#ended}
}

# Runs a program; its stdin is $STDIN, or empty.
run() {
  every_run_was_looked_at
  COMMAND="$*"
  [ $# -gt 0 ] || failed "run: no program is named"
  "$@" >"$SCRATCH/io/stdout" 2>"$SCRATCH/io/stderr" <"${STDIN:-/dev/null}"
  CODE=$?
}

# CODE…: the exit code is one of these.
expect_code() {
  local code
  begin
  [ $# -gt 0 ] || failed "expect_code: no code is given"
  [ -n "$CODE" ] || failed "expect_code: nothing was run"
  for code in "$@"; do [ "$CODE" != "$code" ] || { end && return; }; done
  failed "exit code $CODE, expected $*"
  sed 's/^/    stderr: /' "$SCRATCH/io/stderr"
  end
}

# Whether line $1 matches golden line $2, in which … stands for any text.
line_matches() {
  local pattern=$2 special
  # shellcheck disable=SC1003
  for special in '\' '*' '?' '[' ']' '(' ')' '|' '+' '@' '!'; do pattern=${pattern//"$special"/\\"$special"}; done
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

# Prints why array $1 is not a valid golden, if it is not.
no_golden() {
  local -n lines_=$1
  local line
  [ "${#lines_[@]}" -gt 0 ] || { echo "the golden is empty" && return; }
  for line in "${lines_[@]}"; do [ "$line" = "……" ] || return 1; done
  echo "the golden fits everything"
}

# NAME FILE, and the golden on stdin.
expect_text() {
  local -a actual golden
  local why
  begin
  mapfile -t golden
  if why=$(no_golden golden); then
    failed "$1: $why"
  elif ! [ -f "$2" ]; then
    failed "$1: there is no file $2"
  elif LC_ALL=C grep -qaP '\x00' "$2"; then
    failed "$1 holds a NUL"
  elif [ -s "$2" ] && [ -n "$(tail -c 1 "$2")" ]; then
    failed "$1: the last line has no end"
  else
    # shellcheck disable=SC2034 # lines_match takes the name
    mapfile -t actual <"$2"
    lines_match actual 0 golden 0 || {
      failed "$1 differs (< is what came, > the golden)"
      diff "$2" <(printf '%s\n' "${golden[@]}") | sed 's/^/    /'
    }
  fi
  end
}
expect_stdout() { expect_text stdout "$SCRATCH/io/stdout"; }
expect_stderr() { expect_text stderr "$SCRATCH/io/stderr"; }
expect_no_text() {
  begin
  if ! [ -f "$2" ]; then
    failed "$1: nothing was run"
  elif [ -s "$2" ]; then
    failed "$1 is not empty"
    sed 's/^/    /' "$2"
  fi
  end
}
expect_no_stdout() { expect_no_text stdout "$SCRATCH/io/stdout"; }
expect_no_stderr() { expect_no_text stderr "$SCRATCH/io/stderr"; }

# NAME FILE PART…: the file contains each part.
expect_parts() {
  local name=$1 file=$2 content part
  shift 2
  begin
  [ $# -gt 0 ] || failed "$name: no part is given"
  if [ -f "$file" ]; then
    content=$(tr '\0' '?' <"$file")
    for part in "$@"; do
      if [ -z "$part" ]; then
        failed "$name: a part without text is in everything"
      elif [[ $content != *"$part"* ]]; then
        failed "$name lacks: $part"
        sed 's/^/    /' "$file"
      fi
    done
  else
    failed "$name: there is no file $file"
  fi
  end
}
expect_in_stdout() { expect_parts stdout "$SCRATCH/io/stdout" "$@"; }
expect_in_stderr() { expect_parts stderr "$SCRATCH/io/stderr" "$@"; }
expect_in_file() { expect_parts "$1" "$@"; }

# A usage error: exit 64, nothing on stdout, WHAT and, if given, HINT on stderr (… as above).
expect_usage_error() {
  expect_code 64
  expect_no_stdout
  {
    printf 'fleet-provision: error: %s\n' "${1:?expect_usage_error: no message is given}"
    [ $# -lt 2 ] || printf 'hint: %s\n' "$2"
  } >"$SCRATCH/io/golden"
  expect_stderr <"$SCRATCH/io/golden"
}

# The entries below directory $1, as MODE PATH, match the golden on stdin.
expect_files() {
  (set -o pipefail && cd "$1" && find . -mindepth 1 -printf '%m %P\n' | LC_ALL=C sort -k2) >"$SCRATCH/io/files" ||
    failed "the tree $1 cannot be listed"
  expect_text "the tree $1" "$SCRATCH/io/files"
}
expect_no_files() {
  begin
  [ -d "$1" ] || failed "$1 is not a directory"
  [ -z "$(ls -A -- "$1")" ] || failed "$1 holds $(ls -A -- "$1")"
  end
}

# The value of the first text or number with the name $2 in the JSON file $1.
json_value() {
  local value
  value=$(sed -n 's/.*"'"$2"'": *"\{0,1\}\([^",}]*\)"\{0,1\}.*/\1/p' "$1" | head -n 1)
  [ -n "$value" ] || failed "$1 has no value of $2" >&2
  printf '%s\n' "$value"
}

# Runs the simulator with the given options until the script ends, and sets the variables of the program for it.
start_simulator() {
  local started=0
  launch_simulator "$SCRATCH/io" fleet-provision-simulator "$@" || started=1
  SIMULATOR=$simulator_pid
  CHILDREN+=("$SIMULATOR")
  [ "$started" -eq 0 ] || { cat "$SCRATCH/io/simulator.err"; echo "the simulator does not start"; exit 1; }
  # shellcheck disable=SC2034
  SIMULATOR_LOG=$(field log "$simulator_ready")
}
# Stops the simulator, which must still run and must end without an error.
stop_simulator() {
  local child code rest=()
  kill "$SIMULATOR" || failed "the simulator had ended"
  wait "$SIMULATOR"
  code=$?
  [ "$code" -eq 0 ] || { failed "the simulator ended with $code" && cat "$SCRATCH/io/simulator.err"; }
  for child in "${CHILDREN[@]}"; do [ "$child" = "$SIMULATOR" ] || rest+=("$child"); done
  CHILDREN=("${rest[@]}")
}

# Waits until file $1 holds $2, at most ten seconds.
wait_for_text() {
  begin
  if [ -z "${2:-}" ]; then
    failed "wait_for_text: no text is given"
  else
    for _ in {1..500}; do
      grep -qF -- "$2" "$1" 2>/dev/null && { end && return 0; }
      sleep 0.02
    done
    failed "$1 never held: $2"
  fi
  end
  return 1
}

expect_absent() {
  begin
  [ -n "${1:-}" ] || failed "expect_absent: no path is given"
  { [ ! -e "$1" ] && [ ! -L "$1" ]; } || failed "$1 exists"
  end
}
expect_equal() {
  begin
  [ $# -eq 2 ] || failed "expect_equal: wants two texts, got $#"
  [ "$1" = "$2" ] || failed "got \"$1\", expected \"$2\""
  end
}
# COMMAND…: must end with 0.
expect_true() {
  begin
  [ $# -gt 0 ] || failed "expect_true: no command is given"
  "$@" || failed "not true: $*"
  end
}
# COMMAND…: must end with 1, which means false in test, grep, cmp, diff and [; a larger code is an error.
expect_false() {
  begin
  [ $# -gt 0 ] || failed "expect_false: no command is given"
  "$@"
  local code=$?
  [ "$code" -eq 1 ] || failed "exit code $code instead of 1: $*"
  end
}

trap leave EXIT
# Error messages of bash are examined and shown at the end.
exec 2>"$SCRATCH/io/said" </dev/null
bash -n "$SCRIPT" || exit 1
HARNESS_READS_SCRIPT=yes
# shellcheck disable=SC1090
. "$SCRIPT"
HOW_IT_ENDS=well
exit 0
