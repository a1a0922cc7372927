# Sourced by the scripts beside it: the real program against the real simulator, with faults between them.
# shellcheck shell=bash disable=SC2034
#
# Each script reports a failed check with `broken` and a finished group of checks with `row`. Its exit status is the
# number of failed checks, at most 98; they are counted in a file, so that those of subshells and pipes count too. A row
# without a single attempt and an unknown command also count as failed checks. FAULT_INJECTION_BIN is the directory of
# the programs; FAULT_INJECTION_FULL=1 runs all cases instead of a sample; FAULT_INJECTION_ROWS names a file that gets
# one table row per `row` (see scripts/fault-tolerance).

set -u
umask 022
# shellcheck source=tests/support/simulator.bash
. "$(dirname -- "${BASH_SOURCE[0]}")/../support/simulator.bash" || exit 99
bin=${FAULT_INJECTION_BIN:?where fleet-provision and fleet-provision-simulator are}
full=${FAULT_INJECTION_FULL:-}
rows=${FAULT_INJECTION_ROWS:-/dev/null}
work=$(mktemp -d "${TMPDIR:-/tmp}/fleet-provision-faults.XXXXXX")
tool=$bin/fleet-provision
simulator_pid=
case_number=0
: > "$work/broken"
declare -a ours=()
trap 'end_test' EXIT
trap 'exit 130' INT TERM

end_test() {
  local pid
  for pid in "${ours[@]:-}" "$simulator_pid"; do
    if [ -n "$pid" ]; then kill -CONT "$pid" 2> /dev/null; kill "$pid" 2> /dev/null; fi
  done
  wait 2> /dev/null
  if [ -s "$work/broken" ] && [ -n "${FAULT_INJECTION_KEEP:-}" ]; then
    echo "kept: $work"
  else
    rm -rf "$work"
  fi
}

# Ends the script with the number of failed checks as exit status.
finish() {
  local count
  count=$(wc -l < "$work/broken") || exit 99
  exit $((count > 98 ? 98 : count))
}

# broken WHAT: reports a failed check with the output of the program.
broken() {
  echo "$1" >> "$work/broken"
  echo "BROKEN: $1"
  if [ -s "$work/err" ]; then tail -n 6 "$work/err" | cut -c1-300 | sed 's/^/    /'; fi
}

# Bash calls this function in a subshell.
command_not_found_handle() {
  broken "there is no command $1"
  return 127
}

# row FAULT TRIED OUTCOME
row() {
  [ "$2" -gt 0 ] || broken "$1: nothing was tried"
  printf '| %s | %s | %s |\n' "$1" "$2" "$3" | tee -a "$rows"
}

# Ends a script whose requirements are missing, with a message and success.
skip() {
  printf '| %s | 0 | not tested: %s |\n' "$1" "$2" | tee -a "$rows"
}

need_strace() {
  if ! command -v strace > /dev/null || ! strace -qq -o /dev/null -e inject=getppid:error=EIO true 2> /dev/null; then
    skip "$1" "strace is missing or may not trace"
    finish
  fi
}

# traced OPTION… COMMAND…: runs strace so that it stops only at the given calls, which is several times faster. This
# mode injects errors, but (in 6.1) no signals.
traced() {
  strace -qq -f --seccomp-bpf "$@"
}

# start_simulator [OPTION…]: starts the simulator for the following runs; its state is kept between starts.
start_simulator() {
  stop_simulator
  if ! launch_simulator "$work" "$bin/fleet-provision-simulator" --state-dir "$work/service" "$@"; then
    echo "the simulator does not start:"
    cat "$work/simulator.err"
    exit 99
  fi
}

# Stops the simulator; it must still run, and must end without an error.
stop_simulator() {
  if [ -n "$simulator_pid" ]; then
    kill "$simulator_pid" || broken "the simulator had ended"
    wait "$simulator_pid" || broken "the simulator ended with $?: $(tail -n 3 "$work/simulator.err")"
  fi
  simulator_pid=
}

# A new gateway: sets $serial and its state directory $dir.
fresh_gateway() {
  case_number=$((case_number + 1))
  serial=case-$case_number
  dir=$work/gateway-$case_number
}

# The command of this gateway, as an array: "${command[@]}".
command_for() {
  command=("$tool" -P "SerialNumber=$serial" --state-dir "$dir" "$@")
}

# run [OPTION…]: one run of this gateway; its streams are in $work/out and $work/err.
run() {
  command_for "$@"
  "${command[@]}" > "$work/out" 2> "$work/err"
}

# The number of certificates that the service has created so far.
certificates() {
  local -a all=("$work"/service/certificates/*.json)
  if [ -e "${all[0]}" ]; then echo ${#all[@]}; else echo 0; fi
}

# The number of connections that reached CONNECT.
connections() {
  grep -c '"event":"connect"' "$work/service/events.jsonl" 2> /dev/null
}

# whole DIRECTORY: checks that it is an identity whose certificate belongs to its key, with the right modes.
whole() {
  local certificate key modes
  modes=$(stat -c %a "$1" "$1/private-key.pem" "$1/certificate.pem" "$1/identity.json" 2> /dev/null)
  [ "${modes//$'\n'/ }" = "755 600 644 644" ] || return 1
  certificate=$(openssl x509 -noout -pubkey -in "$1/certificate.pem" 2> /dev/null)
  key=$(openssl pkey -pubout -in "$1/private-key.pem" 2> /dev/null)
  [ -n "$certificate" ] && [ "$certificate" = "$key" ]
}

# names_but DIRECTORY NAME…: lists the other entries of the directory.
names_but() {
  local each known directory=$1
  shift
  for each in "$directory"/* "$directory"/.[!.]*; do
    [ -e "$each" ] || [ -L "$each" ] || continue
    each=${each##*/}
    for known in "$@"; do [ "$each" != "$known" ] || continue 2; done
    printf '%s ' "$each"
  done
}

# Checks that $dir holds a finished identity of this gateway that the service has registered, and no other files. It is
# called after every fault, so it starts few programs.
finished() {
  local left id thing
  whole "$dir/identity" || { echo "identity/ is not whole"; return 1; }
  left=$(names_but "$dir" identity lock previous)
  [ -z "$left" ] || { echo "left over: $left"; return 1; }
  left=$(names_but "$dir/identity" certificate.pem private-key.pem thing-name identity.json device-configuration.json)
  [ -z "$left" ] || { echo "left over in identity/: $left"; return 1; }
  id=$(field certificateId "$(one_line "$dir/identity/identity.json")") && [ -n "$id" ] ||
    { echo "identity.json names no certificate"; return 1; }
  thing=$work/service/things/$(< "$dir/identity/thing-name").json
  [[ $(cat "$thing" 2> /dev/null) = *"$id"* ]] || { echo "the service does not know certificate $id"; return 1; }
}

# one_line FILE: prints the file without whitespace between its tokens, for `field`.
one_line() {
  local text
  text=$(< "$1")
  printf '%s' "${text//[$'\n' ]/}"
}

# Checks that the certificate is durable in $dir, so that no later run needs another. If the service rejects a used
# token (AWS does not document whether a token can be used twice), a response to RegisterThing that was not yet durable
# costs one more certificate.
certificate_is_durable() {
  [ -e "$dir/identity" ] || certificate_is_pending
}

certificate_is_pending() {
  [ -s "$dir/pending/identity.json" ] && return 0
  grep -qs 'BEGIN CERTIFICATE-' "$dir/pending/journal" || return 1
  [ -n "${token_may_be_used_again:-}" ] || ! registered
}

# Checks that the service has registered the certificate in the journal for a thing.
registered() {
  local id
  id=$(field certificateId "$(one_line "$dir/pending/journal")") && [ -n "$id" ] || return 1
  grep -qs "$id" "$work/service/things/"*.json
}

# Checks that identity/ is complete or absent, which must hold at every instant.
identity_is_whole_or_absent() {
  [ ! -e "$dir/identity" ] || whole "$dir/identity"
}

# after_a_cut NAME CERTIFICATES_BEFORE [OPTION…]: the checks after a run was killed.
after_a_cut() {
  local name=$1 before=$2 after_cut now durable=no code why
  shift 2
  identity_is_whole_or_absent || broken "$name: identity/ is torn"
  certificate_is_durable && durable=yes
  after_cut=$(certificates)
  run "$@"
  code=$?
  now=$(certificates)
  [ "$code" -eq 0 ] || broken "$name: the next run ends with $code"
  why=$(finished) || broken "$name: after the next run: $why"
  [ "$durable" = no ] || [ "$now" -eq "$after_cut" ] || broken "$name: another certificate although one was durable"
  [ "$now" -le $((before + 2)) ] || broken "$name: $((now - before)) certificates"
  rm -rf "$dir"
}

# Microseconds since the epoch.
microseconds() {
  local now=$EPOCHREALTIME
  echo "${now/[.,]/}"
}
