#!/usr/bin/env bash
# One prepared phase over several hosts that meet at the first, so that one which is lost can be started anew and joins.
# On each of them, with the same folder (shared) and
#   NODES=2 PROCESSES=8 FIRST=node-a OWN=node-a   (OWN: this host's address)
#   jobs/launch/torchrun_c10d.sh runs/<id>-<slug> [more phase folders, parents first]
# NODES x PROCESSES is the world_size of placement.json. Two launches at once need two names (ID) and ports.
set -euo pipefail
: "${NODES:?how many hosts}" "${PROCESSES:?processes on each}" "${FIRST:?the first host}" "${OWN:?this host}"

export PATH="$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin:$PATH" # DeepSpeed looks for ninja on PATH
export DS_ACCELERATOR="${DS_ACCELERATOR:-cuda}"
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
export PET_SIGNALS_TO_HANDLE=SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1 # each of them asks for a checkpoint
export TORCH_ELASTIC_SHUTDOWN_TIMEOUT=120                          # seconds for writing it
export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 # else restarted processes may meet keys of old ones
[ -z "${INTERFACE:-}" ] || export GLOO_SOCKET_IFNAME="$INTERFACE" NCCL_SOCKET_IFNAME="$INTERFACE"

# is_host must be said: the first host may know itself by another name. Without --local-addr a host gives its name.
exec torchrun --nnodes "$NODES" --nproc-per-node "$PROCESSES" --max-restarts 3 --local-addr "$OWN" \
  --rdzv-backend c10d --rdzv-endpoint "$FIRST:${PORT:-29400}" --rdzv-id "${ID:-harness}" \
  --rdzv-conf "is_host=$([ "$OWN" = "$FIRST" ] && echo 1 || echo 0),read_timeout=300" -m harness.worker "$@"
