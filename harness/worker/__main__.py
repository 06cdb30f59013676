"""The entry of a launch: `torchrun ... -m harness.worker DIR [DIR ...]`."""

import sys
import traceback

# Training never talks to MLflow, but DeepSpeed's autotuner would import it: two seconds of every launch.
sys.modules["mlflow"] = None  # type: ignore[assignment]

try:
    from harness.worker.entry import leave, main
except ImportError as missing:  # said as a mistake: without a word the launch would count as lost, and be tried again
    traceback.print_exc()
    sys.exit(f"harness: error: the worker cannot be loaded here: {type(missing).__name__}: {missing}")

if __name__ == "__main__":
    leave(main())
