"""docs/mlflow.md names every param, metric and tag that the projection writes, and none that it does not."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from harness.analysis.curves.curves import MEASURES
from harness.analysis.points.aggregates import BENCHMARKS, OFFICIAL
from harness.analysis.points.splits import LEVELS
from harness.files.layout import PhaseFolder
from harness.plan.dag import plan
from harness.run.track.projection import writing
from harness.run.track.projection.curves import CURVES, SYSTEM
from harness.run.track.projection.phase_runs import phase_run
from harness.run.track.projection.point_runs import point_runs
from harness.run.track.projection.report_run import report_run
from harness.spec.phase import Train
from harness.spec.recipe import Recipe
from tests.unit.conftest import made_answer, made_study

DOCS = Path(__file__).resolve().parents[2] / "docs" / "mlflow.md"
STUDY = """
name: documented
models: [xlm_r/base]
intermediate: [mnli]
epochs: [1, 2]
batch_size: 8
controls: [target_more]
seeds: [1, 2]
targets: [xnli, xquad, tatoeba, udpos]
analysis: {}
"""
ENDINGS = ("_from", "_to", "_p", "_dof")


def rows(head: str) -> list[str]:
    """The names in the first columns of all tables that have this head."""
    text = DOCS.read_text()
    tables = re.findall(rf"^\| {head} \|[^\n]*\n\|[^\n]*\n((?:\|[^\n]*\n)+)", text, re.MULTILINE)
    return [
        name for table in tables for line in table.splitlines() for name in re.findall("`([^`]+)`", line.split("|")[1])
    ]


def documented(name: str, tasks: set[str]) -> str:
    """The name that a metric has in the docs."""
    before, _, after = name.partition("/")
    if before in tasks:
        return f"<task>/{after}" if after in ("score", "en_dev") else "<task>/<language>"
    if before in ("targets", "gain", "gain_over_target_more", *BENCHMARKS):
        assert after in rows("measure"), f"{name}: its measure is not in {DOCS}"
        return f"{before}/<measure>"
    return name.removesuffix(next((end for end in ENDINGS if name.startswith("contrast/") and name.endswith(end)), ""))


def written(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Kinds and names of everything that a study writes."""
    answer = made_answer(made_study(STUDY))
    (tmp_path / "report.md").write_text("yes")
    phase = next(phase for phase in plan(answer.study.leaves) if isinstance(phase, Train))
    folder = PhaseFolder(tmp_path / "phase")
    folder.path.mkdir()
    folder.journal_file.write_text('{"event": "step", "time": 1.0, "step": 0, "loss": 1.0}\n')
    report, trained = report_run(answer, tmp_path), phase_run(phase, folder)
    assert report
    assert trained
    tasks = set(answer.points[0].cells)
    for run in (*point_runs(answer), report, trained):
        yield from (("metric", documented(name, tasks)) for name, *_ in run.metrics)
        yield from (("tag", name) for name in run.tags if not name.startswith("mlflow."))
        yield from (("param", name) for name in (run.params if run is not trained else ()))


def test_what_is_written_is_in_the_docs(tmp_path: Path) -> None:
    found = set(written(tmp_path))
    assert len(found) > 40
    text = DOCS.read_text()
    missing = {
        (kind, name) for kind, name in found if name not in rows(kind) and not (kind == "param" and f"`{name}`" in text)
    }
    assert not missing


def test_every_curve_and_every_field_of_a_recipe_is_in_the_docs() -> None:
    metrics, text = rows("metric"), DOCS.read_text()
    assert {*CURVES.values(), *(name for name, _ in SYSTEM.values())} <= set(metrics)
    assert all(f"`{field.name}`" in text for field in dataclasses.fields(Recipe))
    assert {writing.ID, writing.RUNS, *writing.LAST} <= set(rows("tag"))
    assert set(rows("measure")) == {*MEASURES, *OFFICIAL, *LEVELS}


def test_what_is_in_the_docs_is_written(tmp_path: Path) -> None:
    found = {name for kind, name in written(tmp_path) if kind == "metric"}
    later = {*CURVES.values(), *(name for name, _ in SYSTEM.values()), "flops/hardware", "flops/six_nd", "tokens/real"}
    later |= {"tokens/padded", "seconds", "wall_seconds", "peak_memory_bytes", "energy_joules"}
    later |= {"mfu", "mfu_measured", *(f"{name}/<measure>" for name in BENCHMARKS)}
    assert set(rows("metric")) - found - later == set()
