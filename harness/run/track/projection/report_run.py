"""The report of a study as an MLflow run with its files and the answer's numbers, and the words on the experiments."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from harness.analysis.answer import Answer
from harness.analysis.inference.results import Contrast, Inference, Mean
from harness.analysis.points.splits import LEVELS
from harness.analysis.values import Missing
from harness.run.track.projection.tracked import LONGEST_TAG, Artifact, TrackedRun, by_length, milliseconds, texts

# Experiments of a study by what their names have behind the sweep's.
POINTS, PHASES, REPORT = "", "/phases", "/report"
LONGEST_SPLIT = 2500  # characters, half of what a server takes for a description
SUFFIXES = (POINTS, PHASES, REPORT)


def report_run(answer: Answer, folder: Path) -> TrackedRun | None:
    """The run that holds every file below the report's `folder`; None where nothing was reported yet."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if not files:
        return None
    named: dict[str, Artifact] = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    finished = max((point.finished for point in answer.points if point.finished), default=None)
    time = milliseconds(datetime.fromisoformat(finished).timestamp()) if finished else 0
    found = answer.inference
    said = {"harness.kind": "report", "harness.verdict": found.verdict, "harness.answer": found.paragraph}
    tags, long = by_length(said, LONGEST_TAG)
    params, long_params = by_length(_params(answer))
    return TrackedRun(
        key="report",
        name="report",
        status="FINISHED",
        started=time,
        ended=time,
        tags=tags,
        params=params,
        metrics=tuple((name, number, time, 0) for name, number in _numbers(found).items()),
        artifacts={**named, **long, **long_params},
    )


def descriptions(answer: Answer) -> dict[str, str]:
    """What each experiment of the study says of itself, by what its name has behind the sweep's; Markdown."""
    name, said = answer.study.sweep.name, answer.inference.paragraph
    unit = answer.study.sweep.axis[0]
    where = (
        f"The report with its figures and tables is in the experiment `{name}{REPORT}`, training curves, cost and "
        f"complete configurations are in `{name}{PHASES}`."
    )
    rows = (
        f"Each run is one point of the study: a model, what it was trained on in between, for how many {unit}, its "
        "seeds. To compare, choose runs and `model`, `intermediate`, "
        f"`{unit}`, `gain/low`, `gain/high`, `flops/intermediate`. Scores are in percent, gains in points over the "
        "same model and seeds without intermediate training, FLOPs are model FLOPs."
    )
    split = split_words(answer)
    if len(split) > LONGEST_SPLIT:
        split = "differs by model; the run `report` has it."
    return {
        POINTS: f"{said}\n\nSplit: {split}\n\n{rows}\n\n{where}",
        PHASES: f"Each run is one training phase of the study `{name}`: its steps, what it cost and ran on. {where}",
        REPORT: f"{said}\n\nSplit: {split}\n\nThe run `report` holds the report of the study `{name}`.",
    }


def split_words(answer: Answer) -> str:
    """The languages of each level, by the rule of the sweep; where models differ, those of each."""
    by_model: dict[str, dict[str, set[str]]] = {}
    for point in answer.points:
        levels = by_model.setdefault(point.at.model, {})
        for language, level in point.levels.items():
            if level is not None:
                levels.setdefault(level, set()).add(language)
    said = {model: _levels(levels) for model, levels in by_model.items()}
    if len(set(said.values())) == 1:
        return f"{next(iter(said.values()))}; English is in none."
    return f"{'; '.join(f'of {model}: {words}' for model, words in said.items())}; English is in none."


def _levels(levels: Mapping[str, Iterable[str]]) -> str:
    named = ((level, " ".join(sorted(levels.get(level, ())))) for level in LEVELS)
    return "; ".join(f"{level}: {languages}" for level, languages in named if languages)


def _params(answer: Answer) -> dict[str, str]:
    sweep = answer.study.sweep
    return texts(
        {
            "models": ", ".join(dict.fromkeys(point.at.model for point in answer.points)),
            "intermediate": ", ".join(sweep.intermediate),
            "targets": ", ".join(answer.points[0].cells),
            "split": split_words(answer),
            "points": len(answer.points),
            "points_complete": sum(point.status == "complete" for point in answer.points),
        }
    )


def _numbers(found: Inference) -> dict[str, float]:
    """Contrasts between low- and high-resource languages, and what they are differences of; missing ones are none."""
    named: dict[str, Contrast | Mean | Missing] = {
        "contrast/slope": found.named("slope"),
        "contrast/gain": found.named("gain"),
    }
    named |= {f"contrast/{level.measure}_{level.level}": level.finding for level in found.levels}
    return {
        name + ending: number
        for name, finding in named.items()
        if not isinstance(finding, Missing)
        for ending, number in _ends(finding).items()
    }


def _ends(finding: Contrast | Mean) -> dict[str, float]:
    """The estimate, the ends of its interval, and what that rests on."""
    low, high = finding.interval
    return {"": finding.estimate, "_from": low, "_to": high, "_p": finding.p, "_dof": finding.dof}
