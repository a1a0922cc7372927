# Sourced by the tests of `batch` after harness.bash.
# shellcheck shell=bash disable=SC2154

# units NAME COUNT: the manifest NAME.csv of the units NAME-1 to NAME-COUNT.
units() { { echo SerialNumber && seq -f "$1-%g" "$2"; } >"$1.csv"; }

# KEY=VALUE…: the JSON summary on stdout has these.
summary_is() {
  local pair
  for pair; do expect_equal "${pair%%=*} $(json_value "$SCRATCH/io/stdout" "${pair%%=*}")" "${pair%%=*} ${pair#*=}"; done
}
