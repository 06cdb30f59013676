"""Phases of made-up models, and clusters to place them on."""

import json
from pathlib import Path
from typing import Any

from harness.spec.cluster import Cluster, Hardware
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Train
from harness.spec.recipe import Duration, Recipe
from harness.spec.task import Data, Part

FILES = sorted((Path(__file__).resolve().parents[3] / "ds_configs").glob("*.json"))
STRATEGIES: dict[str, dict[str, Any]] = {file.stem: json.loads(file.read_text()) for file in FILES}
LARGE = Architecture("xlm_r", 24, 1024, 16, 16, 4096, 250_002)
XXL = Architecture("xlm_r", 48, 4096, 32, 32, 16384, 250_880)
GIANT = Architecture("xlm_r", 70, 14336, 112, 112, 57344, 250_880)
DATA = Data("xnli", 1, "pair", "train", (Part("en"),), ("entailment", "neutral", "contradiction"))
H100 = Hardware(
    "h100_sxm",
    1900.0,
    link_gb_s=360.0,
    network_gb_s=360.0,
    pcie_gb_s=50.0,
    nvme_path="/nvme",
    nvme_gb=28_000.0,
    nvme_gb_s=25.0,
    price=2.5,
)


def node(nodes: int = 1, processes: int = 8, hardware: Hardware | None = H100, **more: Any) -> Cluster:
    """So many nodes of H100s, unless other hardware is given."""
    return Cluster("made", "cuda", nodes, processes, hardware=hardware, **more)


def train(model: Architecture = LARGE, batch_size: int = 32, seed: int = 1, **recipe: Any) -> Train:
    """Full fine-tuning in bf16 on pairs, unless the recipe says otherwise."""
    made = Recipe(Duration("epochs"), batch_size, 1e-5, seed=seed, **{"precision": "bf16", **recipe})
    return Train(Pretrained("made/model", "0" * 40, model), (DATA,), made, "target")
