#!/usr/bin/env bash
# One prepared phase by hand: jobs/launch/torchrun.sh runs/<id>-<slug> [more phase folders, parents first]
# `harness run` writes phase.json, placement.json and ds_config.json before it launches; any such folder will do.
set -euo pipefail
processes=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1] + "/placement.json"))["world_size"])' "$1")

export PATH="$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin:$PATH" # DeepSpeed looks for ninja on PATH
export DS_ACCELERATOR="${DS_ACCELERATOR:-cpu}"                     # cuda on a GPU
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"                     # processes of one host share its cores

exec torchrun --standalone --nproc-per-node "$processes" -m harness.worker "$@"
