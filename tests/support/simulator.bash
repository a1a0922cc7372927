# Sourced by the harnesses of tests/cli and tests/fault_injection: the simulator as a child of a script.
# shellcheck shell=bash disable=SC2034

# The value of text or number $1 in one line of JSON, $2; 1 if there is none.
field() {
  local value
  value=${2#*\""$1"\":}
  [ "$value" != "$2" ] || return 1
  value=${value#\"}
  printf '%s' "${value%%[\",\}]*}"
}

# launch_simulator DIRECTORY PROGRAM [OPTION…]: starts the simulator, waits for its ready line, and sets the variables of
# the program for it. It drops responses on topics without a subscription, so that our client is judged strictly. The line is then in DIRECTORY/ready and in simulator_ready, stderr in DIRECTORY/simulator.err, the
# process id in simulator_pid. Returns 1 without a ready line.
launch_simulator() {
  local directory=$1 program=$2 pair value
  shift 2
  rm -f "$directory/ready" "$directory/ready.pipe"
  mkfifo "$directory/ready.pipe" || return 1
  "$program" --behaviour unsubscribed=drop "$@" > "$directory/ready.pipe" 2> "$directory/simulator.err" &
  simulator_pid=$!
  simulator_ready=
  read -r -t 30 simulator_ready < "$directory/ready.pipe"
  [ -n "$simulator_ready" ] || return 1
  printf '%s\n' "$simulator_ready" > "$directory/ready"
  for pair in ENDPOINT:endpoint PORT:port CA_FILE:caFile CLAIM_CERT:claimCertificate CLAIM_KEY:claimKey TEMPLATE:template; do
    value=$(field "${pair#*:}" "$simulator_ready") || return 1
    export "FLEET_PROVISION_${pair%%:*}=$value"
  done
}
