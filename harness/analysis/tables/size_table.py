"""The table of the size lines: one section a line, from its smallest model to its largest."""

from collections.abc import Sequence

from harness.analysis.answer import Answer
from harness.analysis.curves.curves import CHANCE, MEASURE_NAMES, to_show
from harness.analysis.curves.estimates import Estimate
from harness.analysis.curves.size_lines import SizeLine, SizeSpot
from harness.analysis.points.seeds import heading
from harness.analysis.table import Row, Table
from harness.analysis.values import Missing

NAMES = ("series and method", "intermediate", "at", "model")
SIZES = ("parameters", "active", "FLOPs per token", "score", "baseline")


def size_tables(answer: Answer) -> tuple[Table, ...]:
    """A table of score and gains by model size where a series has several."""
    if not answer.sizes:
        return ()
    measures = to_show({measure for line in answer.sizes for spot in line.spots for measure in spot.gains})
    columns = (*NAMES, *SIZES, *(f"gain {MEASURE_NAMES[measure]}" for measure in measures))
    table = Table(
        title=f"Gain in points by model size: {heading(answer.study)}",
        columns=columns,
        sections=tuple(tuple(_row(line, spot, measures) for spot in line.spots) for line in answer.sizes),
        names=len(NAMES),
        notes=(
            "a line is one series and one method: the lines of encoders and decoders, of LoRA and full fine-tuning, of "
            "causal and lifted masks are never joined. parameters: of the encoder, without heads; active: without the "
            "experts that a token does not pass; FLOPs per token: forward, without attention's products",
            *_alone(answer),
        ),
    )
    return (table,)


def _row(line: SizeLine, spot: SizeSpot, measures: Sequence[str]) -> Row:
    along, size = line.along, spot.size
    forward = 2 * (size.multiplied_in_layers + size.multiplied_outside)
    gains = (_gain(spot.gains.get(m), spot.at_chance.get(m, False)) for m in measures)
    names = (along.models, along.intermediate, along.setting, spot.model)
    sizes = (f"{size.parameters:,}", f"{size.active:,}", f"{forward:.3g}")
    return (*names, *sizes, *map(_mean, (spot.score, spot.baseline)), *gains)


def _mean(found: Estimate | Missing) -> str:
    return "missing" if isinstance(found, Missing) else f"{found.mean:.1f}"


def _gain(found: Estimate | Missing | None, at_chance: bool) -> str:
    if found is None:
        return ""
    return "missing" if isinstance(found, Missing) else found.text + (CHANCE if at_chance else "")


def _alone(answer: Answer) -> tuple[str, ...]:
    """The models that are on no line."""
    shown = {spot.model for line in answer.sizes for spot in line.spots}
    left = [name for name in dict.fromkeys(gain.at.model for gain in answer.gains) if name not in shown]
    return (f"on no line, since nothing else of its kind is here: {', '.join(left)}",) if left else ()
