"""Host memory of each process while weights are loaded: ours at ZeRO-3 beside transformers' from_pretrained.

`python -m benchmarks.loading` writes a random encoder of 1.7 GB in shards to a temporary folder and prints how far the
resident memory of the fullest process rose, also in times of model / processes + the largest tensor, which is all that
a process need hold. `zero.Init` is from_pretrained under transformers' own ZeRO-3 integration, `each rank`
from_pretrained as it is, its weights then written to once, as the first step does: until then they are only mapped.
"""

import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from transformers import XLMRobertaModel
from transformers.integrations import HfDeepSpeedConfig

from benchmarks.launches import launched, leave, placement
from harness.plan.network.size import size
from harness.plan.places.ds_config import render
from harness.spec.model import Architecture, Pretrained
from harness.spec.phase import Train
from harness.spec.recipe import Duration, Recipe
from harness.spec.task import Data, Part
from harness.worker.drawing import drawing
from harness.worker.encoder import build_encoder
from harness.worker.engine import build
from harness.worker.meter import Meter, resident_peak
from harness.worker.network import Network
from harness.worker.session import Session, open_session
from harness.worker.stored import published
from harness.worker.weights import load

ARCHITECTURE = Architecture("xlm_r", 24, 1024, 16, 16, 4096, 120_000)
WAYS = ("harness", "zero.Init", "each rank")
SHARD = "500MB"
ZERO3 = {"zero_optimization": {"stage": 3, "stage3_param_persistence_threshold": 10_000}}
GB = 1e9


def main() -> None:
    """Measure and print."""
    model, largest = (4 * number / GB for number in (size(ARCHITECTURE).parameters, size(ARCHITECTURE).largest_tensor))
    title = f"{model:.2f} GB in fp32, shards of {SHARD}, largest tensor {largest:.2f} GB"
    table = Table("processes", "way", "GB before", "GB rise", "rise / (model / processes + tensor)", title=title)
    with tempfile.TemporaryDirectory() as folder:
        launched("benchmarks.loading", 1, "write", folder)
        for processes in (1, 2):
            for way in WAYS:
                ranks = launched("benchmarks.loading", processes, way, folder)
                rise = max(rank["peak"] - rank["before"] for rank in ranks) / GB
                before = max(rank["before"] for rank in ranks) / GB
                ratio = rise / (model / processes + largest)
                table.add_row(str(processes), way, f"{before:.2f}", f"{rise:.2f}", f"{ratio:.2f}")
    Console(width=110).print(table)


def child(way: str, folder: Path) -> None:
    """Load in one process of a launch, and leave how much memory that took."""
    if way == "write":
        encoder = build_encoder(ARCHITECTURE, 0.0)
        for parameter in encoder.parameters():
            nn.init.normal_(parameter, std=0.02)
        encoder.save_pretrained(folder, max_shard_size=SHARD)
        return leave(0)
    with open_session(placement(3, 1)) as session:
        before = _resident()
        Meter(session.device)
        kept = _loaded(way, folder, session)
        assert kept is not None
        leave(session.rank, before=before, peak=resident_peak())
    return None


def _loaded(way: str, folder: Path, session: Session) -> nn.Module:
    config = _config(session.world_size)
    match way:
        case "each rank":
            whole: nn.Module = XLMRobertaModel.from_pretrained(folder, add_pooling_layer=False)
            for parameter in whole.parameters():
                parameter.data.mul_(1.0)
            return whole
        case "zero.Init":
            known = HfDeepSpeedConfig(config)  # transformers looks for it while it lives
            found: nn.Module = XLMRobertaModel.from_pretrained(folder, add_pooling_layer=False)
            del known
            return found
        case _:
            work = SimpleNamespace(placement=placement(3, session.world_size), config=config, session=session)
            network = build(lambda: Network(ARCHITECTURE, {}, 0.0), cast(Any, work))
            load(network, published(folder, "xlm_r", "random"), drawing(0.02, 0))
            return network


def _config(processes: int) -> dict[str, Any]:
    pairs = Data("pairs", 1, "pair", "train", (Part("en"),), ("a", "b"))
    recipe = Recipe(Duration("steps", 1.0), processes, 1e-5, seed=0)
    phase = Train(Pretrained("made/random", "0" * 40, ARCHITECTURE), (pairs,), recipe, "target")
    return render(phase, placement(3, processes), ZERO3)


def _resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        torch.manual_seed(0)
        child(sys.argv[1], Path(sys.argv[2]))
