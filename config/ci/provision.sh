#!/bin/sh
# Tests a provisioning template, the policies of claim and devices, and a pre-provisioning hook against the simulator,
# before they go to AWS:
#
#   provision.sh [RESULTS]
#
# It uses gateway.json, claim-policy.json, device-policy.json, hook.py and lambda_function.py beside it; fleet-provision and
# fleet-provision-simulator are found by PATH. For each test case, RESULTS [default: results] keeps the tool's JSON, its stderr, a page in
# HTML that shows what happened, the simulator's event log, and the broker's log, which has the hook's stderr.
# Exit code: 0 if every test case ended as expected, otherwise 1.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
results=${1:-results}
mkdir -p "$results" || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

# provision NAME [SIMULATOR-OPTION…] -- [TOOL-OPTION…]: one device, in a simulator of its own.
provision() {
  name=$1
  shift
  simulator=
  while [ "$1" != -- ]; do
    simulator="$simulator $1"
    shift
  done
  shift
  # Word splitting is meant: the simulator's options have no blanks here.
  # shellcheck disable=SC2086
  fleet-provision-simulator --template "$here/gateway.json" --claim-policy "$here/claim-policy.json" \
    --policy "gateway=$here/device-policy.json" --hook "$here/hook.py" \
    --state-dir "$scratch/simulator-$name" --log "$results/$name.events.jsonl" \
    --report "$results/$name.html" $simulator -- \
    fleet-provision --json --client-id 'gateway-{SerialNumber}' --state-dir "$scratch/device-$name" \
    --timeout 60 --request-timeout 5 "$@" > "$results/$name.json" 2> "$results/$name.stderr"
  code=$?
  cp "$scratch/simulator-$name/run/mosquitto.log" "$results/$name.broker.log" 2> /dev/null
}

# expect CODE [TEXT…]: the exit code, and texts that the tool's JSON must contain.
expect() {
  said="exit $code$(sed -n 's/^ *"\(kind\|statusCode\|errorCode\)": \([^n].*[^,]\),*$/, \1 \2/p' "$results/$name.json" | tr -d '"\n')"
  wrong=
  [ "$code" -eq "$1" ] || wrong="exit $1"
  shift
  for text in "$@"; do
    grep -qF -- "$text" "$results/$name.json" || wrong="${wrong:+$wrong, }$text"
  done
  if [ -z "$wrong" ]; then
    echo "ok    $name: $said"
  else
    echo "FAIL  $name: $said; expected $wrong"
    tail -n 3 "$results/$name.stderr" | sed 's/^/        /'
    failures=$((failures + 1))
  fi
}

# The template makes the thing, the hook's override reaches the device, and its policy lets it connect as its thing.
provision good -- -P SerialNumber=4711 --verify
expect 0 '"thingName": "gateway-4711"' '"Site": "berlin"'

# The hook rejects a serial number that belongs to no site.
provision refused-by-the-hook -- -P SerialNumber=9911
expect 69 '"kind": "rejected"' '"statusCode": 403'

# The service rejects a thing name with a blank.
provision bad-serial-number -- --client-id gateway-x -P 'SerialNumber=47 11'
expect 69 '"kind": "rejected"' '"errorCode": "InvalidParameters"'

# The policy allows the claim only client IDs of gateways.
provision another-client -- --client-id other-4711 -P SerialNumber=4711 --attempts 1
expect 77 '"kind": "policy-connect"'

# The device's policy allows no other client ID than the thing name.
provision device-with-another-name -- -P SerialNumber=4711 --verify --verify-client-id other-4711 --attempts 1
expect 77 '"kind": "identity-refused"'

# A lost response costs one attempt and nothing else.
provision lost-answer --fault create:1:drop -- -P SerialNumber=4711
expect 0 '"thingName": "gateway-4711"' '"attempts": 2'

[ "$failures" -eq 0 ]
