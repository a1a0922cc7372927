# Sourced by the tests of `batch` after harness.bash.
# shellcheck shell=bash disable=SC2154

# units NAME COUNT: the manifest NAME.csv of the units NAME-1 to NAME-COUNT.
units() { { echo SerialNumber && seq -f "$1-%g" "$2"; } >"$1.csv"; }

# KEY=VALUE…: the JSON summary on stdout has these.
summary_is() {
  local pair
  for pair; do expect_equal "${pair%%=*} $(json_value "$SCRATCH/io/stdout" "${pair%%=*}")" "${pair%%=*} ${pair#*=}"; done
}

# silent_manifest FILE: a pipe that a process of this test opens and never writes to. A batch that no signal ends finds it
# empty after 20 s.
silent_manifest() {
  mkfifo "$1"
  sleep 20 >"$1" &
  writer=$!
  CHILDREN+=("$writer")
}

# Waits until a batch reads the silent manifest: the shell becomes sleep(1) once both have opened the pipe.
await_reader() {
  for _ in {1..1000}; do
    [ "$(cat "/proc/$writer/comm")" != sleep ] || return 0
    sleep 0.01
  done
  failed "the batch never opens its manifest"
}
