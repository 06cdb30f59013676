"""The entry of a launch: `torchrun ... -m harness.worker DIR [DIR ...]`."""

import sys

# Training never talks to MLflow, but DeepSpeed's autotuner would import it: two seconds of every launch.
sys.modules["mlflow"] = None  # type: ignore[assignment]

from harness.worker.entry import leave, main  # noqa: E402

if __name__ == "__main__":
    leave(main())
