"""The run folder as a store: states with their reasons, claims, retention, retry and garbage collection."""

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.files.atomic import write_json
from harness.files.layout import feature_cache, folder_of, folders
from harness.files.lease import Lease, acquire, read_lease, release
from harness.plan.dag import Plan, plan
from harness.plan.groups import Group
from harness.run import store
from harness.run.conduct.claim import claim
from harness.run.store import exclusive, release_weights, released
from harness.run.upkeep import collect, leftovers, retry
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import Evaluate, slug
from harness.spec.record import Cost, Failure, Record

RECORD = Record("id", "slug", Cost(), {}, "", "now", "exact")


def test_nothing_is_recorded_at_first(stage: Any) -> None:
    assert {(state.status, state.reason) for state in stage.states.values()} == {("pending", "no record")}


def test_a_claim_takes_every_phase_parents_first_and_only_once(stage: Any) -> None:
    assert _claimed(stage, "one") == stage.work.plan
    assert _claimed(stage, "two") == ()
    assert stage.statuses == Counter(running=8)


def test_phases_made_from_what_another_runs_are_not_claimed(stage: Any) -> None:
    acquire(stage.folder("intermediate-toy_qa").lease_file, "other")
    claimed = [slug(phase) for phase in _claimed(stage, "one")]
    assert Counter(claimed) == Counter(
        {"target-toy_senses": 2, "evaluate-toy_senses": 2, "intermediate-toy_polarity": 1},
    )


def test_a_failure_counts_once_its_lease_is_given_back(stage: Any) -> None:
    folder = stage.folder("intermediate-toy_qa")
    write_json(folder.failure_file, Failure("id", "out of memory", "log", "now"))
    assert stage.statuses == Counter(pending=5, failed=1, blocked=2)
    acquire(folder.lease_file, "one")
    assert stage.statuses == Counter(pending=7, running=1)
    release(folder.lease_file, "one")
    assert "out of memory" in {state.reason for state in stage.states.values()}


def test_weights_are_kept_while_something_unfinished_reads_them(stage: Any) -> None:
    stage.play(evaluate__toy_senses="fail")
    stage.conduct()
    release_weights(stage.runs, stage.work.plan)
    assert not released(stage.folder("target-toy_senses"))


def test_a_finished_evaluation_is_not_run_again_for_the_one_that_it_tunes(stage: Any) -> None:
    """It has no weights that could have been released."""
    tuning = next(phase for phase in stage.work.plan if isinstance(phase, Evaluate))
    leaf = dataclasses.replace(tuning, data=dataclasses.replace(tuning.data, limit=3), tuning=tuning)
    phases = plan((leaf,))
    for phase in phases:
        if phase != leaf:
            folder = folder_of(stage.runs, phase)
            write_json(folder.record_file, dataclasses.replace(RECORD, phase=folder.id))
    found = store.states(stage.runs, phases)
    assert found[identity(tuning)].status == "done"
    assert found[identity(leaf)].status == "pending"
    assert found[identity(tuning.of)].remade


def test_weights_that_another_sweep_reads_right_now_are_kept(stage: Any) -> None:
    stage.conduct()
    leaf = stage.folder("evaluate-toy_senses")
    leaf.record_file.unlink()
    acquire(leaf.lease_file, "another")
    target = stage.folder("target-toy_senses")
    target.weights.mkdir()
    release_weights(stage.runs, tuple(phase for phase in stage.work.plan if slug(phase) != "evaluate-toy_senses"))
    assert not released(target)


def test_a_folder_that_cannot_hold_runs_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(HarnessError, match="cannot be used as a run folder"), exclusive(tmp_path / "runs"):
        pass


def test_what_finishes_while_it_is_claimed_is_not_run_again(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = stage.folder("intermediate-toy_qa")
    acquire(folder.lease_file, "one")

    def late(path: Path) -> Lease | None:
        if path == folder.lease_file and not folder.done:  # between the look at the record and the look at the lease
            write_json(folder.record_file, RECORD)
            release(path, "one")
        return read_lease(path)

    monkeypatch.setattr(store, "read_lease", late)
    claimed = _claimed(stage, "two")
    assert len(claimed) == 7
    assert "intermediate-toy_qa" not in map(slug, claimed)
    assert not folder.lease_file.exists()


def test_retry_of_a_finished_phase_says_what_stays(stage: Any) -> None:
    stage.conduct()
    name = stage.folder("intermediate-toy_qa").path.name
    (said,) = retry(stage.runs, [name[:6]], failed=False)
    assert f"{name}: its record and outputs are removed" in said
    assert "finished phases made from it stay: " in said
    assert stage.statuses == Counter(done=7, pending=1)


def test_retry_by_slug_leaves_finished_phases_alone(stage: Any) -> None:
    stage.conduct()
    with pytest.raises(HarnessError, match="no phase called 'intermediate' has failed"):
        list(retry(stage.runs, ["intermediate"], failed=False))
    with pytest.raises(HarnessError, match="did you mean 'intermediate-toy_qa'"):
        list(retry(stage.runs, ["intermediate_toyqa"], failed=False))


@pytest.mark.parametrize("name", ["", "0", "int"])
def test_retry_refuses_names_that_are_slips_of_the_hand(stage: Any, name: str) -> None:
    stage.conduct()
    with pytest.raises(HarnessError, match=f"'{name}' is too short to name a phase; give at least 4 characters"):
        list(retry(stage.runs, [name], failed=False))
    assert stage.statuses == Counter(done=8)


def test_retry_refuses_the_beginning_of_several_ids(stage: Any) -> None:
    for name in ("0123aaaaaaaa-target-toy_senses", "0123bbbbbbbb-target-toy_senses"):
        write_json(stage.runs / name / "phase.json", {})
        write_json(stage.runs / name / "record.json", RECORD)
    with pytest.raises(HarnessError, match="2 ids begin with '0123'; give more of the one you mean"):
        list(retry(stage.runs, ["0123"], failed=False))
    list(retry(stage.runs, ["0123a"], failed=False))
    assert [folder.id for folder in folders(stage.runs) if folder.done] == ["0123bbbbbbbb"]


def test_a_name_that_means_nothing_is_not_answered_with_every_phase(stage: Any) -> None:
    for number in range(100, 160):
        write_json(stage.runs / f"{number}aaaaaaaaa-target" / "phase.json", {})
    with pytest.raises(HarnessError, match=r"no phase is called 'zzzz'; known: .* and 49 more$"):
        list(retry(stage.runs, ["zzzz"], failed=False))


def test_retry_refuses_what_is_being_run(stage: Any) -> None:
    stage.conduct()
    folder = stage.folder("intermediate-toy_qa")
    acquire(folder.lease_file, "one")
    with pytest.raises(HarnessError, match="is being run; stop it first with `harness cancel`"):
        list(retry(stage.runs, [folder.path.name], failed=False))


def test_leftovers_are_temporary_files_stale_leases_and_checkpoints(stage: Any) -> None:
    stage.conduct()
    folder = stage.folder("intermediate-toy_qa")
    made = [folder.path / ".record.json.1a2b3c4d", folder.lease_file, folder.path / "resume"]
    made[0].touch()
    made[1].write_text("{}")
    made[2].mkdir()
    assert sorted(leftovers(stage.runs, None, weights=False)) == sorted(made)
    collect(stage.runs, None, weights=False)
    assert leftovers(stage.runs, None, weights=False) == ()
    assert stage.statuses == Counter(done=8)


def test_weights_and_orphans_are_collected_only_when_asked(stage: Any) -> None:
    stage.conduct()
    weights = {stage.folder(f"intermediate-{task}").weights for task in ("toy_qa", "toy_polarity")}
    assert set(leftovers(stage.runs, None, weights=True)) == weights
    kept = stage.work.plan[:2]
    collect(stage.runs, kept, weights=False)
    assert stage.statuses == Counter(done=2, pending=6)


def test_features_are_collected_with_weights_and_half_written_ones_always(stage: Any) -> None:
    stage.conduct()
    cache = feature_cache(stage.runs)
    draft, kept = cache / ".0123-4567", cache / "0123"
    for folder in (draft, kept):
        folder.mkdir(parents=True)
    assert leftovers(stage.runs, None, weights=False) == (draft,)
    assert cache in leftovers(stage.runs, None, weights=True)
    acquire(stage.folder("intermediate-toy_qa").lease_file, "one")
    assert cache not in leftovers(stage.runs, None, weights=True)


def _claimed(stage: Any, owner: str) -> Plan:
    """What `owner` gets who asks for everything in one group."""
    taken = claim(stage.runs, stage.work.plan, owner, (), lambda ready: (Group(ready, shares=range(1)),), print)
    return tuple(phase for group in taken for phase in group.phases)
