"""`harness run --smoke` with a worker that is played: apart from the real phases, each kind told by itself."""

import json
import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.files.alone import alone
from harness.files.layout import folder_of, folders, smoke_folder
from harness.files.lease import acquire
from harness.run.child import Command, Launcher
from harness.run.smoke import Tried, rehearse, table
from harness.run.stop import Conductor
from harness.run.study import open_work
from harness.run.upkeep import leftovers
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.model import TrainTokenizer
from tests.unit.sweeps import SCRATCH

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")
LIMITED = SCRATCH.replace("[en, ha]", "[en, ha], limit: 20, train_limit: 32")


def playing(**misbehaviour: str) -> Launcher:
    """The worker that is played, with how phases misbehave, by slug with underscores."""
    command = runpy.run_path(str(FAKE_WORKER))["command"]
    named = {name.replace("__", "-"): how for name, how in misbehaviour.items()}

    def launcher(worker: Sequence[str], cluster: Cluster) -> Command:
        (Path(worker[-1]).parent / "play.json").write_text(json.dumps(named))
        made: Command = command(worker, cluster)
        return made

    return launcher


def told(tried: Sequence[Tried], does: str, *formats: str) -> Tried:
    return next(each for each in tried if (each.kind.does, each.kind.formats) == (does, formats))


def test_every_kind_passes_and_the_real_folder_holds_no_phase(stage: Any) -> None:
    tried = rehearse(stage.work, playing(), stage.heard)
    assert {(each.kind.does, each.kind.formats) for each in tried} == {
        ("train", ("span",)),
        ("train", ("pair",)),
        ("train", ("tagging",)),
        ("evaluate", ("tagging",)),
    }
    assert all(each.passed for each in tried)
    assert folders(stage.runs) == ()
    assert stage.statuses.keys() == {"pending"}
    apart = folders(smoke_folder(stage.runs))
    assert apart
    assert all(folder.done and not folder.weights.exists() for folder in apart)
    assert not (smoke_folder(stage.runs) / "mlflow.db").exists()


def test_what_fails_is_told_by_kind_and_what_waits_for_it_as_well(stage: Any) -> None:
    tried = rehearse(stage.work, playing(target__toy_senses="fail"), stage.heard)
    assert told(tried, "train", "span").passed
    assert (told(tried, "train", "tagging").passed, told(tried, "train", "tagging").why) == (False, "it did not fit")
    assert told(tried, "evaluate", "tagging").why == "target-toy_senses failed or is blocked"
    console = Console(width=140, record=True)
    console.print(table(tried).rich())
    said = " ".join(console.export_text().split())
    assert "micro-batch 8 passed" in said
    assert "FacebookAI/xlm-roberta-base zero1, 2 processes, micro-batch 8: it did not fit" in said


def test_it_is_tried_anew_each_time_and_gc_may_remove_it(stage: Any) -> None:
    rehearse(stage.work, playing(intermediate__toy_qa="fail"), stage.heard)
    tried = rehearse(stage.work, playing(), stage.heard)
    assert all(each.passed for each in tried)
    assert smoke_folder(stage.runs) in leftovers(stage.runs, None, weights=False)


def test_two_commands_do_not_try_one_folder_at_once(stage: Any) -> None:
    apart = smoke_folder(stage.runs)
    acquire(Conductor(apart, "another").lease_file, "another")
    with pytest.raises(HarnessError, match="command another tries this run folder already"):
        rehearse(stage.work, playing(), stage.heard)
    assert apart not in leftovers(stage.runs, None, weights=False)


def test_of_two_commands_that_begin_at_once_one_is_refused(stage: Any) -> None:
    with (
        alone(stage.runs / ".smoke.lock", "taken"),
        pytest.raises(HarnessError, match="another command tries this run folder; wait for it, or stop it"),
    ):
        rehearse(stage.work, playing(), stage.heard)
    assert all(each.passed for each in rehearse(stage.work, playing(), stage.heard))


def test_a_tokenizer_that_is_trained_is_taken_over(stage: Any) -> None:
    stage.sweep.write_text(LIMITED)
    work = open_work(stage.sweep, None, stage.runs)
    tokenizer = next(phase for phase in work.plan if isinstance(phase, TrainTokenizer))
    tried = rehearse(work, playing(), stage.heard)
    assert told(tried, "tokenizer").seconds is None
    apart = smoke_folder(stage.runs)
    began = (apart / "performed").read_text().split()
    assert folder_of(apart, tokenizer).id in began
    real = folder_of(stage.runs, tokenizer)
    folder_of(apart, tokenizer).path.rename(real.path)
    (real.weights).mkdir(exist_ok=True)
    (real.weights / "weights").write_text(real.id)  # as the played worker leaves it
    rehearse(work, playing(), stage.heard)
    assert real.id not in (apart / "performed").read_text().split()


def test_what_no_run_could_do_is_refused_before(stage: Any) -> None:
    stage.sweep.write_text(stage.sweep.read_text().replace("[toy_qa, toy_polarity]", "[anli]"))
    with pytest.raises(HarnessError, match="anli"):
        rehearse(open_work(stage.sweep, None, stage.runs), playing(), stage.heard)
    assert not smoke_folder(stage.runs).exists()
