# Sourced by the scripts beside it: the real program against the real simulator, with faults between them.
# shellcheck shell=bash disable=SC2034
#
# Each script says with `broken` what did not hold, and with `row` what it tried; its exit status is the number of broken
# promises, at most 98, counted in a file, since those of subshells and pipes count too. A row of which nothing was tried,
# and a command that does not exist, are broken promises. FAULT_INJECTION_BIN is where the programs are; FAULT_INJECTION_FULL=1 tries everything instead of a sample;
# FAULT_INJECTION_ROWS names a file that gets one table row per `row` (see scripts/fault-tolerance).

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

# The promises broken so far, as exit status.
finish() {
  local count
  count=$(wc -l < "$work/broken") || exit 99
  exit $((count > 98 ? 98 : count))
}

# broken WHAT: a promise that did not hold, with what the program said.
broken() {
  echo "$1" >> "$work/broken"
  echo "BROKEN: $1"
  if [ -s "$work/err" ]; then tail -n 6 "$work/err" | cut -c1-300 | sed 's/^/    /'; fi
}

# By bash, in a subshell of its own.
command_not_found_handle() {
  broken "there is no command $1"
  return 127
}

# row FAULT TRIED OUTCOME
row() {
  [ "$2" -gt 0 ] || broken "$1: nothing was tried"
  printf '| %s | %s | %s |\n' "$1" "$2" "$3" | tee -a "$rows"
}

# Without what it needs, a script says so and succeeds.
skip() {
  printf '| %s | 0 | not tested: %s |\n' "$1" "$2" | tee -a "$rows"
}

need_strace() {
  if ! command -v strace > /dev/null || ! strace -qq -o /dev/null -e inject=getppid:error=EIO true 2> /dev/null; then
    skip "$1" "strace is missing or may not trace"
    finish
  fi
}

# traced OPTION… COMMAND…: strace that stops only at the given calls, which makes it several times quicker. It
# injects errors, but (in 6.1) no signals.
traced() {
  strace -qq -f --seccomp-bpf "$@"
}

# start_simulator [OPTION…]: for all that follows; its state is kept from one to the next.
start_simulator() {
  stop_simulator
  if ! launch_simulator "$work" "$bin/fleet-provision-simulator" --state-dir "$work/service" "$@"; then
    echo "the simulator does not start:"
    cat "$work/simulator.err"
    exit 99
  fi
}

# It still runs until then, and ends without a complaint.
stop_simulator() {
  if [ -n "$simulator_pid" ]; then
    kill "$simulator_pid" || broken "the simulator had ended"
    wait "$simulator_pid" || broken "the simulator ended with $?: $(tail -n 3 "$work/simulator.err")"
  fi
  simulator_pid=
}

# A gateway that was never seen: $serial and its state directory $dir.
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

# Certificates that the service has made so far.
certificates() {
  local -a all=("$work"/service/certificates/*.json)
  if [ -e "${all[0]}" ]; then echo ${#all[@]}; else echo 0; fi
}

# Connections that got as far as CONNECT.
connections() {
  grep -c '"event":"connect"' "$work/service/events.jsonl" 2> /dev/null
}

# whole DIRECTORY: an identity whose certificate fits its key, with the modes it should have.
whole() {
  local certificate key modes
  modes=$(stat -c %a "$1" "$1/private-key.pem" "$1/certificate.pem" "$1/identity.json" 2> /dev/null)
  [ "${modes//$'\n'/ }" = "755 600 644 644" ] || return 1
  certificate=$(openssl x509 -noout -pubkey -in "$1/certificate.pem" 2> /dev/null)
  key=$(openssl pkey -pubout -in "$1/private-key.pem" 2> /dev/null)
  [ -n "$certificate" ] && [ "$certificate" = "$key" ]
}

# names_but DIRECTORY NAME…: what else is in it.
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

# What is in $dir is a finished identity of this gateway that the service knows, and nothing is left over. It is called
# after every fault, so it starts few programs.
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

# one_line FILE: without the blanks between its words, for `field`.
one_line() {
  local text
  text=$(< "$1")
  printf '%s' "${text//[$'\n' ]/}"
}

# The certificate is safe in $dir: nobody may ask for another. Where the service rejects a token that was used (it is
# not documented that it takes one twice), an answer to RegisterThing that was not yet durable costs one, whoever asks.
certificate_is_durable() {
  [ -e "$dir/identity" ] || certificate_is_pending
}

certificate_is_pending() {
  [ -s "$dir/pending/identity.json" ] && return 0
  grep -qs 'BEGIN CERTIFICATE-' "$dir/pending/journal" || return 1
  [ -n "${token_may_be_used_again:-}" ] || ! registered
}

# The service knows the certificate in the journal as that of a thing.
registered() {
  local id
  id=$(field certificateId "$(one_line "$dir/pending/journal")") && [ -n "$id" ] || return 1
  grep -qs "$id" "$work/service/things/"*.json
}

# At every instant identity/ is whole or absent.
identity_is_whole_or_absent() {
  [ ! -e "$dir/identity" ] || whole "$dir/identity"
}

# after_a_cut NAME CERTIFICATES_BEFORE [OPTION…]: the promises about what comes after the death of a run.
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
