"""A plan in miniature for `harness run --smoke`: kinds of phases, and each phase cut to some steps or one batch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from harness.catalog import find
from harness.plan.costs.duration import total_steps
from harness.plan.cover import least
from harness.plan.dag import Plan, plan
from harness.plan.places.placement import Choice
from harness.spec.identity import identity
from harness.spec.model import Imported, Model, Pretrained, Scratch, TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, Train, origin
from harness.spec.recipe import Duration, LoRA, Precision, Window
from harness.spec.task import Data, Format

STEPS = 20


@dataclass(frozen=True)
class Kind:
    """What phases have in common that work or fail alike.

    `model` is without its seed, `formats` are those that meet in a stage, `method` is None where all weights are
    trained, or none at all. `way` is how an evaluation answers: the layer that it reads, whether its
    candidates are a pool, and whether another evaluation tunes it. `place` is the strategy, the accelerators, the
    micro-batch, whether gradients are accumulated, and whether activations are computed again.
    """

    does: str
    model: Model | TrainTokenizer
    formats: tuple[Format, ...]
    window: Window | None
    precision: Precision | None
    method: LoRA | None
    way: tuple[int | None, bool, bool] | None
    place: tuple[str, int, int, bool, bool]


@dataclass(frozen=True)
class Smoke:
    """The short `phases`, parents first, and by each kind the ids of those that try it."""

    phases: Plan
    kinds: Mapping[Kind, tuple[str, ...]]


def smoke(phases: Plan, chosen: Mapping[str, Choice]) -> Smoke:
    """The fewest short phases in which every kind of `phases` occurs; `chosen` says by id where each one runs."""
    kinds = {identity(phase): kind_of(phase, chosen[identity(phase)]) for phase in phases}
    short: dict[str, tuple[AnyPhase, Kind]] = {}
    for phase in phases:
        made = shortened(phase, chosen[identity(phase)].placement.token_budget)
        short.setdefault(identity(made), (made, kinds[identity(phase)]))
    candidates = tuple(phase for phase, _ in short.values())
    taken = plan(least(candidates, {key: kind for key, (_, kind) in short.items()}))
    trying: dict[Kind, tuple[str, ...]] = {}
    for phase in taken:
        kind = short[identity(phase)][1]
        trying[kind] = (*trying.get(kind, ()), identity(phase))
    return Smoke(taken, trying)


def kind_of(phase: AnyPhase, chosen: Choice) -> Kind:
    """The kind of `phase`, where it runs as `chosen`."""
    at = chosen.placement
    place = (chosen.strategy, chosen.accelerators, at.micro_batch, at.accumulation > 1, at.checkpointing)
    match phase:
        case TrainTokenizer():
            return Kind("tokenizer", phase, (), None, None, None, None, place)
        case Train():
            formats = tuple(sorted({data.format for data in phase.data}))
            model = _unseeded(origin(phase))
            return Kind("train", model, formats, phase.window, phase.precision, phase.recipe.lora, None, place)
        case Evaluate():
            way = (phase.layer, phase.pool is not None, phase.tuning is not None)
            model, formats = _unseeded(origin(phase)), (phase.data.format,)
            method = phase.of.recipe.lora if isinstance(phase.of, Train) else None
            return Kind("evaluate", model, formats, phase.window, phase.precision, method, way, place)


def shortened(phase: AnyPhase, token_budget: int) -> AnyPhase:
    """`phase` with its whole lineage cut short: at most STEPS steps, or a batch of `token_budget` tokens a language.

    Whatever else can make it fail stays as it is. A tokenizer stays whole: what reads it needs its vocabulary.
    """
    match phase:
        case TrainTokenizer():
            return phase
        case Train():
            return _shorter(phase)
        case Evaluate():
            return _fewer(phase, max(1, token_budget // phase.window.max_length))


@cache
def _shorter(phase: Train) -> Train:
    counted = total_steps(phase.recipe, ()) if phase.recipe.duration.unit == "steps" else None
    duration = Duration("steps", float(min(STEPS, counted or STEPS)))
    start = _begun(phase.start)
    return replace(phase, start=start, recipe=replace(phase.recipe, duration=duration), matches=None)


def _begun(start: Model | Train) -> Model | Train:
    return _shorter(start) if isinstance(start, Train) else start


@cache
def _fewer(phase: Evaluate, rows: int) -> Evaluate:
    of, tuning, pool = _begun(phase.of), phase.tuning, phase.pool
    return replace(
        phase,
        of=of,
        data=_first(phase.data, rows),
        pool=_first(pool, rows) if pool else None,
        tuning=_fewer(tuning, rows) if tuning else None,
    )


def _first(data: Data, rows: int) -> Data:
    """The first `rows` of each language; all of them where pairs are mined, since the first are all of one side."""
    if find.task(data.task).search == "margin":
        return data
    return replace(data, limit=min(rows, data.limit or rows))


def _unseeded(model: Model) -> Model:
    match model:
        case Scratch():
            return replace(model, seed=0)
        case Pretrained() | Imported():
            return model
