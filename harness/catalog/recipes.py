"""The recipe that most of the benchmark's training scripts share, for the tasks of the catalogue.

google-research/xtreme scripts @838c13b: no warm-up and no weight decay. Where a task gives no learning rate, it is the
model's, since the scripts' differs between Base and Large (CatalogModel.target_recipe).
"""

from collections.abc import Mapping
from typing import Any

XTREME: Mapping[str, Any] = {"warmup": 0.0, "weight_decay": 0.0, "window": {"max_length": 128}}


def xtreme(epochs: int) -> dict[str, Any]:
    """XTREME's recipe for `epochs`, with global batches of 32 examples."""
    return {"duration": {"unit": "epochs", "amount": epochs}, "batch_size": 32, **XTREME}
