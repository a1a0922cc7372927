# Sourced by batch_deaths and batch_stops after harness.bash: batches of units, and what must hold after each end.
# shellcheck shell=bash disable=SC2034,SC2154

# new_batch UNITS: a new output directory $line with a manifest of so many units, which are in the array $units.
new_batch() {
  local i
  case_number=$((case_number + 1))
  line=$work/line-$case_number
  manifest=$work/units-$case_number.csv
  units=()
  echo SerialNumber > "$manifest"
  for ((i = 1; i <= $1; ++i)); do
    units+=("c$case_number-$i")
    echo "c$case_number-$i" >> "$manifest"
  done
}

# The command of this batch, as an array: "${command[@]}".
batch_command() {
  command=("$tool" batch --manifest "$manifest" --output-dir "$line" "$@")
}

# batch [OPTION…]: one batch over the manifest; its streams are in $work/out and $work/err.
batch() {
  batch_command "$@"
  "${command[@]}" > "$work/out" 2> "$work/err"
}

# children_of PID: the process IDs of its children that run. The batch leaves those that have ended as zombies for a
# moment.
children_of() {
  local child state
  # Words are meant: the children of a thread stand in one line.
  # shellcheck disable=SC2013
  for child in $(cat "/proc/$1/task/"*/children 2> /dev/null); do
    read -r _ _ state _ 2> /dev/null < "/proc/$child/stat" && [ "$state" != Z ] && echo "$child"
  done
}

# no_child_left NAME PID…: waits until these processes have ended, at most three seconds.
no_child_left() {
  local name=$1 pid i state
  shift
  for pid; do
    for ((i = 0; i < 60; ++i)); do
      # A zombie runs no more.
      read -r _ _ state _ 2> /dev/null < "/proc/$pid/stat" && [ "$state" != Z ] || continue 2
      sleep 0.05
    done
    broken "$name: the child $pid of the batch still runs"
  done
}

# recorded_once NAME: each unit has one line of success, and all lines are results.
recorded_once() {
  local unit all good
  all=$(grep -c '' "$line/results.jsonl")
  good=$(grep -cE '^\{"unit":"[^"]+","line":[0-9]+,.*"result":(null|\{.*\})\}$' "$line/results.jsonl")
  [ "$all" -eq "$good" ] || broken "$1: $((all - good)) lines of results.jsonl are no results"
  sed -nE 's/^\{"unit":"([^"]+)",.*"outcome":"(provisioned|already-provisioned)".*/\1/p' "$line/results.jsonl" |
    sort > "$work/recorded"
  printf '%s\n' "${units[@]}" | sort | diff - "$work/recorded" > "$work/differences" ||
    broken "$1: not one result for each unit: $(tr '\n' ' ' < "$work/differences")"
}

# provisioned_once NAME: each unit has a whole identity, and no two have the same certificate.
provisioned_once() {
  local unit dir why
  for unit in "${units[@]}"; do
    dir=$line/units/$unit
    why=$(finished) || broken "$1: $unit: $why"
  done
  [ "$(cat "$line"/units/*/identity/thing-name | sort -u | wc -l)" -eq ${#units[@]} ] ||
    broken "$1: two units have the same thing name"
}

# reported NAME: both reports are there and name every unit.
reported() {
  local unit
  [ -s "$line/report.html" ] || broken "$1: no report.html"
  for unit in "${units[@]}"; do
    grep -q "^\"\?$unit\"\?," "$line/report.csv" || { broken "$1: report.csv does not name $unit"; return; }
  done
}
