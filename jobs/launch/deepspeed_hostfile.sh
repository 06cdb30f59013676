#!/usr/bin/env bash
# One prepared phase over several hosts by DeepSpeed's own way: pdsh over ssh, without passwords, from the first host.
#   HOSTFILE=hosts FIRST=node-a jobs/launch/deepspeed_hostfile.sh runs/<id>-<slug> [more phase folders, parents first]
# HOSTFILE has a line `node-a slots=8` for each host; the slots together are the world_size of placement.json.
# To end it, DeepSpeed kills what looks like this launch on every host; nothing is asked for a checkpoint.
set -euo pipefail
: "${HOSTFILE:?a line for each host: NAME slots=N}" "${FIRST:?address of the first host}"
export PATH="$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin:$PATH" # DeepSpeed looks for ninja on PATH
export DS_ACCELERATOR="${DS_ACCELERATOR:-cuda}"

# Processes on other hosts have nothing of this environment but what stands in a file. No tokens belong there.
export DS_ENV_FILE="$1/deepspeed_env"
{
  echo "PATH=$PATH"
  echo "DS_ACCELERATOR=$DS_ACCELERATOR"
  echo "OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}"
  [ -z "${INTERFACE:-}" ] || printf '%s\n' "GLOO_SOCKET_IFNAME=$INTERFACE" "NCCL_SOCKET_IFNAME=$INTERFACE"
} > "$DS_ENV_FILE"

exec deepspeed --hostfile "$HOSTFILE" --force_multi --master_addr "$FIRST" --master_port "${PORT:-29500}" \
  --no_local_rank --module harness.worker "$@"
