"""The card of a trained model: what it is, what made it, what that cost, its scores by language, its limits."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from harness.analysis.table import Table, number, scientific
from harness.analysis.values import Missing, Value
from harness.catalog import find
from harness.files.layout import PhaseFolder, folder_of
from harness.run.progress import duration
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import dump
from harness.spec.model import Imported, Pretrained, title
from harness.spec.phase import Evaluate, Train, lineage, origin, slug
from harness.spec.record import Record, Scores

UNKNOWN = "not known to the catalogue"
JOULES_PER_KWH = 3.6e6
AGREES = {"exact": "to 1e-5", "distribution": "in distribution, not number by number"}


@dataclass(frozen=True)
class Evaluated:
    """An evaluation of the model, or of what was trained from it: what to call it, and its scores where it has some."""

    name: str
    leaf: Evaluate
    scores: Scores | None


def card(called: str, folder: PhaseFolder, phase: Train, evaluated: Sequence[Evaluated]) -> str:
    """Markdown; `folder` is that of the finished `phase`, beside those of its parents."""
    stages = [(stage, folder_of(folder.path.parent, stage)) for stage in reversed(tuple(lineage(phase)))]
    tables = [table.markdown() for table in score_tables(evaluated)]
    parts = (
        f"# {called}",
        summary(phase),
        "## Scores by language, in percent",
        *(tables or ["No evaluation of it, or of what was trained from it, is finished in this run folder."]),
        "## Lineage",
        "\n".join(_stage(stage) for stage, _ in stages),
        _costs([(stage, own.whole_record()) for stage, own in stages]).markdown(),
        "## Limits",
        "\n".join(f"- {limit}" for limit in _limits(phase, folder.whole_record())),
        "## Licences",
        "\n".join(f"- {licence}" for licence in _licences(phase)),
        "## Recipe of the last stage",
        f"```json\n{_lines(dump(phase.recipe))}\n```",
    )
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def summary(phase: Train) -> str:
    """What the model is, in a sentence."""
    model, tasks = title(origin(phase)), " and ".join(data.name for data in phase.data)
    stages = len(tuple(lineage(phase)))
    rest = f", the last of {stages} stages" if stages > 1 else ""
    return (
        f"This is {model}, trained on {tasks} (phase `{identity(phase)}`, {slug(phase)}{rest}). "
        "The weights are those of the final step; nothing was selected on any target language."
    )


def score_tables(evaluated: Sequence[Evaluated]) -> Iterator[Table]:
    """A table for each task and split: a row a language, a column an evaluation; what is missing is named below."""

    def place(each: Evaluated) -> tuple[str, str]:
        return each.leaf.data.task, each.leaf.data.split

    for (task, split), group in groupby(sorted(evaluated, key=place), key=place):
        columns = list(group)
        languages = list(dict.fromkeys(code for each in columns for code in each.leaf.data.languages))
        values = {(each.name, code): _score(each, code) for each in columns for code in languages}
        rows = tuple((code, *(number(values[each.name, code]) for each in columns)) for code in languages)
        notes = (
            f"missing: {code}, {name}: {value.reason}"
            for (name, code), value in values.items()
            if isinstance(value, Missing)
        )
        yield Table(f"{task}, {split}", ("language", *(each.name for each in columns)), (rows,), 1, tuple(notes))


def _score(each: Evaluated, language: str) -> Value:
    if each.scores is None:
        return Missing("not evaluated yet")
    if language in each.scores.languages:
        return each.scores.languages[language].values["score"]
    return Missing(each.scores.missing.get(language, "this evaluation has no rows of it"))


def _lines(recipe: Mapping[str, Any]) -> str:
    """JSON with a line for each of its fields."""
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in recipe.items()) + "\n}"


def _stage(stage: Train) -> str:
    recipe = stage.recipe
    tasks = " + ".join(f"{data.name} ({data.split})" for data in stage.data)
    return (
        f"1. {slug(stage)} `{identity(stage)}`: {tasks}, {recipe.duration.amount:g} {recipe.duration.unit}, "
        f"batch {recipe.batch_size}, learning rate {recipe.learning_rate:g}, seed {recipe.seed}"
    )


def _costs(records: Sequence[tuple[Train, Record | None]]) -> Table:
    """What each stage cost."""
    columns = ("stage", "model FLOPs", "hardware FLOPs", "tokens", "steps", "time", "energy (kWh)")
    rows = tuple((slug(stage), *_cost(record)) for stage, record in records)
    return Table("Cost", columns, (rows,), 1, ("Energy is that of the accelerators, where they tell it.",))


def _cost(record: Record | None) -> tuple[str, ...]:
    if record is None:
        return ("missing: no record here",) + ("missing",) * 5
    cost, joules = record.cost, record.energy_joules
    return (
        scientific(cost.model),
        scientific(cost.hardware),
        f"{cost.real_tokens:,}",
        f"{cost.steps:,}",
        "missing" if record.wall_seconds is None else duration(record.wall_seconds),
        "missing" if joules is None else f"{joules / JOULES_PER_KWH:.3g}",
    )


def _limits(phase: Train, record: Record | None) -> Iterator[str]:
    spoken = sorted({code for data in phase.data for text in data.text or (data,) for code in text.languages})
    yield f"The last stage was trained on {', '.join(spoken) or 'languages that its data does not name'} alone."
    yield f"Texts beyond {phase.window.max_length} tokens were cut into windows or cut off in training."
    if record is not None:
        again = "Trained again on another number of processes or at another ZeRO stage it agrees"
        yield f"{again} {AGREES[record.agreement]}."
        yield from record.notes
    yield "Scores are of the splits named above; what is missing is missing, and in no mean."


def _licences(phase: Train) -> Iterator[str]:
    yield f"model: {_model_licence(phase)}"
    for name in dict.fromkeys(data.task for stage in lineage(phase) for data in stage.data):
        try:
            published = find.task(name).published
        except HarnessError:  # a task of another version of the catalogue
            published = None
        yield f"{name}: {published.licence if published else UNKNOWN}"


def _model_licence(phase: Train) -> str:
    match origin(phase):
        case Pretrained() as model:
            return _catalogue().get(model.hub_id) or UNKNOWN
        case Imported():
            return "that of the checkpoint that was imported, which this program does not know"
        case _:
            return "drawn from a seed here, so that only that of its data counts"


def _catalogue() -> Mapping[str, str | None]:
    entries = (find.model(name) for name in find.model_names())
    return {entry.hub_id: entry.licence for entry in entries if entry.hub_id}
