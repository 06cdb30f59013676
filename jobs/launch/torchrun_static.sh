#!/usr/bin/env bash
# One prepared phase over several hosts whose ranks are known. On each of them, with the same folder (shared) and
#   NODES=2 PROCESSES=8 FIRST=node-a RANK=0   (1, 2, ... on the others)
#   jobs/launch/torchrun_static.sh runs/<id>-<slug> [more phase folders, parents first]
# NODES x PROCESSES is the world_size of placement.json. A host that is lost ends the launch.
set -euo pipefail
: "${NODES:?how many hosts}" "${PROCESSES:?processes on each}" "${FIRST:?address of the first host}" "${RANK:?0 there}"

export PATH="$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin:$PATH" # DeepSpeed looks for ninja on PATH
export DS_ACCELERATOR="${DS_ACCELERATOR:-cuda}"
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
export PET_SIGNALS_TO_HANDLE=SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1 # each of them asks for a checkpoint
export TORCH_ELASTIC_SHUTDOWN_TIMEOUT=120                          # seconds for writing it
# The network between the hosts. Where a host's name is 127.0.0.1 to itself, processes wait for each other without it.
[ -z "${INTERFACE:-}" ] || export GLOO_SOCKET_IFNAME="$INTERFACE" NCCL_SOCKET_IFNAME="$INTERFACE"

exec torchrun --nnodes "$NODES" --nproc-per-node "$PROCESSES" --node-rank "$RANK" \
  --master-addr "$FIRST" --master-port "${PORT:-29500}" -m harness.worker "$@"
