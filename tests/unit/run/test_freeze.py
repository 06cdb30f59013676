"""The analysis is fixed once before anything is launched; a changed one is kept beside it, with what was done."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.inference.frozen import is_planned
from harness.analysis.values import Missing
from harness.plan.sweeps.frozen import content_of, digest_of
from harness.run.freeze import analysis_file, freeze, read_frozen
from harness.run.schedulers.submit import submit
from harness.run.study import open_study, open_work
from harness.spec.errors import HarnessError
from tests.unit.sweeps import SCRATCH

BLOCK = "analysis: {difference: 3, secondary: [by_chain]}\n"


def _change(stage: Any, text: str) -> Any:
    stage.sweep.write_text(text)
    stage.__dict__.pop("work", None)
    return stage.work


def _kept(stage: Any) -> list[dict[str, Any]]:
    return json.loads(analysis_file(stage.runs, "made").read_text())["versions"]  # type: ignore[no-any-return]


def test_it_is_written_before_the_first_phase_and_not_again(stage: Any) -> None:
    plain = stage.sweep.read_text()
    work = _change(stage, plain + BLOCK)
    stage.conduct()
    (version,) = _kept(stage)
    assert (version["phases_done"], version["evaluations_done"]) == (0, 0)
    assert version["phases"] == len(work.plan)
    freeze(work)
    assert _kept(stage) == [version]
    found = read_frozen(stage.runs, work.study)
    assert found is not None and found.planned
    assert is_planned(found, "low_minus_high_slope") and is_planned(found, "by_chain")
    assert not is_planned(found, "by_model") and not is_planned(found, "low_minus_high_gain")
    assert "before anything but baselines was evaluated: planned" in next(found.sentences())


def test_what_is_changed_after_results_is_explored_and_the_first_one_stays(stage: Any) -> None:
    plain = stage.sweep.read_text()
    first = _change(stage, plain + BLOCK)
    stage.conduct()
    changed = _change(stage, plain + BLOCK.replace("3", "4"))
    freeze(changed)
    before, after = _kept(stage)
    assert after["evaluations_done"] > 0 and after["phases_done"] == after["phases"]
    found = read_frozen(stage.runs, changed.study)
    assert found is not None and not found.planned and not is_planned(found, "low_minus_high_slope")
    said = list(found.sentences())
    assert f"after {after['phases_done']} of {after['phases']} phases were finished" in said[-1]
    assert said[-1].endswith("explored, not planned.")
    again = read_frozen(stage.runs, first.study)
    assert again is not None and again.planned  # what was fixed beforehand stays so
    assert before["digest"] == digest_of(content_of(first.study))


def test_baselines_that_another_study_has_left_tell_no_gain(stage: Any) -> None:
    plain = stage.sweep.read_text()
    baseline = _change(stage, plain.replace("[toy_qa, toy_polarity]", "[]"))
    assert baseline.study.leaves
    stage.conduct()
    work = _change(stage, plain + BLOCK)
    freeze(work)
    (version,) = _kept(stage)
    assert (version["phases_done"], version["evaluations_done"]) == (len(baseline.plan), 0)
    found = read_frozen(stage.runs, work.study)
    assert found is not None and found.planned


def test_what_is_submitted_is_fixed_too(stage: Any, queue: Path) -> None:
    (queue / "hold").touch()
    work = _change(stage, stage.sweep.read_text() + BLOCK)
    submit(replace(work, cluster=replace(work.cluster, launcher="slurm")), lambda line: None)
    (version,) = _kept(stage)
    assert version["phases_done"] == 0


def test_without_a_block_nothing_is_written_and_nothing_planned(stage: Any) -> None:
    freeze(stage.work)
    assert not analysis_file(stage.runs, "made").exists()
    assert read_frozen(stage.runs, stage.work.study) is None
    assert not is_planned(None, "low_minus_high_slope")


def test_a_file_that_tells_nothing_is_not_written_over(stage: Any) -> None:
    work = _change(stage, stage.sweep.read_text() + BLOCK)
    file = analysis_file(stage.runs, "made")
    file.parent.mkdir()
    file.write_text("{")
    with pytest.raises(HarnessError, match=f"^{file}: not complete JSON"):
        freeze(work)
    found = read_frozen(stage.runs, work.study)
    assert found is not None and isinstance(found.versions, Missing) and not found.planned
    assert "is not known" in next(found.sentences())


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("epochs: 1", "epochs: [1, 2]", False),
        ("[en, ha]", "[en, la]", False),
        ("difference: 3", "difference: 2", False),
        ("secondary: [by_chain]", "secondary: [by_chain], power: {language: 9}", True),
        ("batch_size: 16, l", "batch_size: 8, l", False),
        ("epochs: 1\n", "epochs: 1\nintermediate_limit: 500\n", False),
        ("epochs: 1\n", "epochs: 1\nkeep: all\nstrategy: zero1\ncluster: h100_1\nmlflow: {languages: all}\n", True),
        ("[toy_qa]", "toy_qa", True),  # another way of writing the same
    ],
)
def test_what_defines_the_test_is_in_the_digest_and_nothing_else(
    tmp_path: Path, before: str, after: str, same: bool
) -> None:
    digests = set()
    for text in (SCRATCH + BLOCK, (SCRATCH + BLOCK).replace(before, after)):
        (tmp_path / "made.yaml").write_text(text)
        digests.add(digest_of(content_of(open_study(tmp_path / "made.yaml", None, tmp_path / "runs"))))
    assert (len(digests) == 1) is same


def test_a_split_by_file_counts_by_its_content(tmp_path: Path) -> None:
    sweep, own = tmp_path / "made.yaml", tmp_path / "own.yaml"
    sweep.write_text(SCRATCH + BLOCK + "split: {by: file, file: own.yaml}\n")
    digests = []
    for level in ("low", "high", "low"):
        own.write_text(f"ha: {level}\n")
        digests.append(digest_of(content_of(open_work(sweep, None, tmp_path / "runs").study)))
    assert digests[0] == digests[2] != digests[1]


def test_an_analysis_that_was_edited_by_hand_is_not_taken_for_what_was_fixed(stage: Any) -> None:
    work = _change(stage, stage.sweep.read_text() + BLOCK)
    freeze(work)
    file = analysis_file(stage.runs, "made")
    file.write_text(file.read_text().replace('"difference": 3.0', '"difference": 9.0'))
    with pytest.raises(HarnessError, match=r"has another digest than .* put the file back as it was"):
        freeze(work)
    found = read_frozen(stage.runs, work.study)
    assert found is not None and not found.planned
    assert "all that follows was explored" in next(found.sentences())
