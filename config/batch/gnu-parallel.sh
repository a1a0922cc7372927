#!/bin/sh
# Provisions the units of one manifest on several stations, one shard a station; docs/factory.md says how to use it:
#
#   ./gnu-parallel.sh STATIONS MANIFEST [OPTION OF BATCH]…
#
# STATIONS is a file with the ssh destination of one station a line. Each station needs fleet-provision, and endpoint,
# template and claim in its /etc/fleet-provision/config.json. The station of line I provisions shard I and keeps its
# identities and its record in ~/line: do not change the order or the number of lines before all units are provisioned.
# The records, without the identities, are copied to line1, line2, … here, and one report of all is written to all/.
#
# Exit codes: as those of batch; 75 if a rerun of this command may provision more units, also where a station could not be
# reached. The report then has the records that were copied before.
set -eu

[ $# -ge 2 ] || { echo "usage: $0 STATIONS MANIFEST [OPTION OF BATCH]..." >&2; exit 64; }
stations=$1
manifest=$2
shift 2
shards=$(grep -c . "$stations")

# The shell of the station reads the options, so they are quoted for it. Below, {} is the line of STATIONS, {#} its number;
# the shell of each job reads the variables.
options=
# shellcheck disable=SC2089
for option; do options="$options '$(printf '%s' "$option" | sed "s/'/'\\\\''/g")'"; done
# shellcheck disable=SC2090
export manifest shards options
failed=0
# shellcheck disable=SC2016
parallel --jobs 0 --tag --line-buffer --joblog stations.log \
  'scp -q "$manifest" {}:units.csv && ssh -n {} "fleet-provision batch --manifest units.csv --output-dir line --shard {#}/$shards$options"' \
  :::: "$stations" || failed=1

parallel --jobs 0 "mkdir -p line{#} && scp -q {}:line/results.jsonl {}:line/batch.json line{#}/" :::: "$stations" || failed=1
set --
for line in $(seq -f 'line%g' "$shards"); do
  [ ! -e "$line/results.jsonl" ] || set -- "$@" "$line"
done
[ $# -eq 0 ] || fleet-provision batch --output-dir all --report "$@"

[ "$failed" -ne 0 ] || exit 0
# Column 7 is the exit code of a station; 1 and 255 are those of scp and ssh. What a rerun cannot fix comes first.
awk 'NR > 1 && $7 != 0 && $7 != 75 && $7 != 1 && $7 != 255 && !code { code = $7 } END { exit code ? code : 75 }' stations.log
