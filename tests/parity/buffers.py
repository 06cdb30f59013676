"""A launch of one process: how far rotary frequencies are off under DeepSpeed, by family, stage and precision."""

from types import SimpleNamespace
from typing import Any, cast

from torch import Tensor, nn

from benchmarks.launches import launched, leave, placement
from harness.plan.places.ds_config import render
from harness.spec.model import Pretrained
from harness.spec.phase import Train
from harness.spec.recipe import Duration, Precision, Recipe
from harness.spec.task import Data, Part
from harness.worker.encoder import build_encoder
from harness.worker.engine import build, training_engine
from harness.worker.network import Network, head_specs
from harness.worker.session import Session, open_session
from tests.unit.worker.families import SMALL

FAMILIES = ("qwen3", "qwen3_moe", "llama", "apertus", "modernbert")
SETTINGS: tuple[tuple[int, Precision], ...] = ((0, "fp32"), (1, "bf16"), (3, "fp32"), (3, "bf16"))
PAIRS = Data("pairs", 1, "pair", "train", (Part("en"),), ("a", "b"))


def measured() -> dict[str, float]:
    """By family, stage and precision the largest relative error of a rotary frequency inside DeepSpeed's engine."""
    (found,) = launched("tests.parity.buffers", 1)
    return found


def _frequencies(network: nn.Module) -> list[Tensor]:
    return [buffer for name, buffer in network.named_buffers() if name.endswith("inv_freq")]


def _error(family: str, stage: int, precision: Precision, session: Session) -> float:
    model, at = SMALL[family], placement(stage, 1, 4)
    recipe = Recipe(Duration("steps", 1.0), 4, 1e-3, seed=0, dropout=0.0, precision=precision)
    phase = Train(Pretrained("made/model", "0" * 40, model), (PAIRS,), recipe, "target")
    config = render(phase, at, {"zero_optimization": {"stage": stage}})
    work = cast(Any, SimpleNamespace(placement=at, config=config, session=session))
    network = build(lambda: Network(model, head_specs(phase.data, model), 0.0), work)
    right = _frequencies(build_encoder(model, 0.0))
    with training_engine(network, config):
        pairs = zip(_frequencies(network), right, strict=True)
        return max(float(((ours - theirs) / theirs).abs().max()) for ours, theirs in pairs)


if __name__ == "__main__":
    with open_session(placement(0, 1)) as alone:
        cases = [(family, stage, precision) for family in FAMILIES for stage, precision in SETTINGS]
        leave(
            0,
            **{
                f"{family} {stage} {precision}": _error(family, stage, precision, alone)
                for family, stage, precision in cases
            },
        )
