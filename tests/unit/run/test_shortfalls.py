"""Training sets that are smaller than published are named with their files; a limit and what is held out are not."""

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.analysis.report.report import notes_of
from harness.catalog import find
from harness.run.bill.shortfalls import short_training_sets
from harness.run.overview import overview
from harness.run.show import show_plan
from harness.run.study import Work, open_work
from harness.run.track.results import results
from harness.spec.phase import Train

SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [siqa]
epochs: [1]
batch_size: 8
targets: [{task: xquad, languages: [en]}]
"""
ROW = '{"context": "C%d.", "question": "Why?", "answerA": "a", "answerB": "b", "answerC": "c", "correct": "A"}\n'
LINE = "siqa, train: 3 of 33,410 published rows, from siqa/socialIQa_v1.4_dev.jsonl"


def opened(root: Path, file: str, *lines: str) -> Work:
    (root / "data" / "siqa").mkdir(parents=True)
    (root / "data" / "siqa" / file).write_text("".join(ROW % n for n in range(3)))
    (root / "clusters").mkdir()
    (root / "clusters" / "local.yaml").write_text("name: local\naccelerator: cpu\nlauncher: torchrun\n")
    (root / "sweep.yaml").write_text(SWEEP + "\n".join(lines))
    return open_work(root / "sweep.yaml", root / "data", root / "runs")


@pytest.mark.parametrize("limit", ["", "intermediate_limit: 2"])
def test_dev_rows_in_the_place_of_training_rows_are_said_before_and_after(tmp_path: Path, limit: str) -> None:
    work = opened(tmp_path, "socialIQa_v1.4_dev.jsonl", limit)
    found = overview(work)
    assert found.short == (LINE,)
    console = Console(file=io.StringIO(), width=140)
    show_plan(found, console)
    assert LINE in console.file.getvalue()  # type: ignore[attr-defined]
    assert LINE in notes_of(results(work.runs, work.study, work.data))


def test_a_whole_set_that_is_cut_by_the_sweep_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = find.task("siqa")
    source = task.source
    three = {"train": {"en": 3}}
    layouts = tuple(dataclasses.replace(layout, counts=three) for layout in source.layouts)  # type: ignore[attr-defined]
    whole = dataclasses.replace(task, source=dataclasses.replace(source, layouts=layouts))  # type: ignore[type-var]
    known = find.task
    monkeypatch.setattr(find, "task", lambda name: whole if name == "siqa" else known(name))
    work = opened(tmp_path, "socialIQa_v1.4_trn.jsonl", "intermediate_limit: 2")
    assert overview(work).short == ()
    (data,) = next(phase for phase in work.plan if isinstance(phase, Train) and phase.role == "intermediate").data
    assert data.limit == 2
    assert short_training_sets(work.plan, work.data, lambda data: pytest.fail("read, though reading insists")) == ()
