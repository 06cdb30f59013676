#!/usr/bin/env bash
# One prepared phase on this host: jobs/launch/torchrun_one_node.sh runs/<id>-<slug> [more phase folders, parents first]
# `harness run` writes phase.json, placement.json and ds_config.json before it launches; any such folder will do.
set -euo pipefail
processes=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1] + "/placement.json"))["world_size"])' "$1")

export PATH="$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin:$PATH" # DeepSpeed looks for ninja on PATH
export DS_ACCELERATOR="${DS_ACCELERATOR:-cpu}"                     # cuda on a GPU
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"                     # processes of one host share its cores
export PET_SIGNALS_TO_HANDLE=SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1 # each of them asks for a checkpoint
export TORCH_ELASTIC_SHUTDOWN_TIMEOUT=120                          # seconds for writing it

exec torchrun --standalone --nproc-per-node "$processes" -m harness.worker "$@"
