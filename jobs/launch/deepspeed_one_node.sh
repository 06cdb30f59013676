#!/usr/bin/env bash
# One prepared phase on this host: jobs/launch/deepspeed_one_node.sh runs/<id>-<slug> [more folders, parents first]
# Not as one of several tasks of an srun: each task would start all processes. Use `srun --ntasks-per-node=1`.
set -euo pipefail
processes=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1] + "/placement.json"))["world_size"])' "$1")

export PATH="$(cd "$(dirname "$0")/../.." && pwd)/.venv/bin:$PATH" # DeepSpeed looks for ninja on PATH
export DS_ACCELERATOR="${DS_ACCELERATOR:-cpu}"                     # cuda on a GPU
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"                     # processes of one host share its cores

# --num_gpus counts processes on cpu, too.
exec deepspeed --num_gpus "$processes" --no_local_rank --module harness.worker "$@"
