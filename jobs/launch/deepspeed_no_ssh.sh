#!/usr/bin/env bash
# One prepared phase over several hosts by the deepspeed launcher, where hosts do not reach each other by ssh. On each:
#   HOSTFILE=hosts FIRST=node-a RANK=0   (1, 2, ... on the others, in the hostfile's order)
#   jobs/launch/deepspeed_no_ssh.sh runs/<id>-<slug> [more phase folders, parents first]
# HOSTFILE has a line `node-a slots=8` for each host; the slots together are the world_size of placement.json.
set -euo pipefail
: "${HOSTFILE:?a line for each host: NAME slots=N}" "${FIRST:?address of the first host}" "${RANK:?0 there}"

export PATH="$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin:$PATH" # DeepSpeed looks for ninja on PATH
export DS_ACCELERATOR="${DS_ACCELERATOR:-cuda}"
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
[ -z "${INTERFACE:-}" ] || export GLOO_SOCKET_IFNAME="$INTERFACE" NCCL_SOCKET_IFNAME="$INTERFACE"

exec deepspeed --hostfile "$HOSTFILE" --no_ssh --node_rank "$RANK" --master_addr "$FIRST" \
  --master_port "${PORT:-29500}" --no_local_rank --module harness.worker "$@"
