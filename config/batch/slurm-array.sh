#!/bin/bash
# Provisions the units of one manifest as a Slurm array, one shard a task; docs/factory.md says how to use it:
#
#   sbatch --array=1-4 slurm-array.sh
#   fleet-provision batch --output-dir all --report line1 line2 line3 line4
#
# A task whose units remain (exit code 75) requeues itself, at most MAX_RESTARTS times. To run one shard again by hand, give
# the number of shards, because the array is then smaller: SHARDS=4 sbatch --array=3 slurm-array.sh
#
# Endpoint, template and claim come from /etc/fleet-provision/config.json of the nodes, or from FLEET_PROVISION_ variables.
#SBATCH --job-name=fleet-provision-batch
#SBATCH --cpus-per-task=1
#SBATCH --mem=512M
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=line%a.log
# SIGTERM for this script 60 s before the time limit: running units are told to stop and keep their state.
#SBATCH --time=08:00:00
#SBATCH --signal=B:TERM@60
set -u

manifest=${MANIFEST:-units.csv}
max_restarts=${MAX_RESTARTS:-20}
shard=$SLURM_ARRAY_TASK_ID
shards=${SHARDS:-$SLURM_ARRAY_TASK_COUNT}
if [ -z "${SHARDS:-}" ] && { [ "$SLURM_ARRAY_TASK_MIN" -ne 1 ] || [ "$SLURM_ARRAY_TASK_MAX" -ne "$shards" ]; }; then
  echo "the array is not 1-N: set SHARDS to the number of shards of the manifest" >&2
  exit 64
fi

# The working directory is on storage that all nodes mount: a task that is requeued may run on another node, and must find
# the record of its shard.
fleet-provision batch --manifest "$manifest" --output-dir "line$shard" --shard "$shard/$shards" "$@" &
batch=$!
trap 'kill -TERM "$batch"' TERM INT
wait "$batch"
code=$?
# A signal ends the first wait early; the batch still stops its units.
while kill -0 "$batch" 2> /dev/null; do
  wait "$batch"
  code=$?
done

# 75: units remain that a rerun may provision. 143: the time limit.
if { [ "$code" -eq 75 ] || [ "$code" -eq 143 ]; } && [ "${SLURM_RESTART_COUNT:-0}" -lt "$max_restarts" ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit "$code"
