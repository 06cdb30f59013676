"""While launches are at work MLflow follows: what a phase has journalled is there within seconds, and no more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from harness.files.atomic import write_json
from harness.files.journal import Journal
from harness.files.layout import folder_of
from harness.run.track import publish as publishing
from harness.run.track.following import Following
from harness.run.track.publish import follow
from harness.spec.phase import Train

Until = Callable[[Callable[[], object]], None]


def shown(uri: str) -> dict[str, tuple[str, dict[str, float]]]:
    """Of each run: its status and its latest metrics, by the slug in its name."""
    client = MlflowClient(tracking_uri=uri)
    try:
        experiment = client.get_experiment_by_name("made/phases")
        found = client.search_runs([experiment.experiment_id]) if experiment else []
    except MlflowException:  # the database is just being made
        return {}
    return {run.info.run_name.split()[0]: (run.info.status, run.data.metrics) for run in found}


def test_steps_are_in_mlflow_while_their_launch_is_at_work(
    stage: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both launches wait until it is; only then are they let go on."""
    uri = f"sqlite:///{stage.runs}/mlflow.db"
    following = Following(stage.runs)
    both = {"intermediate-toy_qa", "intermediate-toy_polarity"}
    seen: list[dict[str, tuple[str, dict[str, float]]]] = []

    def followed(phases: Any) -> None:
        follow(stage.work, phases, following, uri)
        seen.append(shown(uri))
        if both <= seen[-1].keys():
            (stage.runs / "go").touch()

    monkeypatch.setattr(stage, "_follow", followed)
    stage.play(intermediate__toy_qa="wait", intermediate__toy_polarity="wait")
    stage.conduct()
    held_up = next(each for each in seen if both <= each.keys())
    assert all(held_up[name] == ("RUNNING", {"loss": 1.0}) for name in both)


@pytest.fixture
def training(stage: Any) -> Train:
    """A training phase that has begun."""
    phase = next(phase for phase in stage.work.plan if isinstance(phase, Train))
    folder = folder_of(stage.work.runs, phase)
    write_json(folder.phase_file, phase)
    with Journal(folder.journal_file) as journal:
        journal.append("start")
        journal.append("step", step=0, steps=9, loss=2.0)
    return phase


def test_only_what_has_grown_is_written(stage: Any, training: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    def written(runs: Path, sweep: str, phases: Any, uri: str) -> None:
        calls.append(phases)

    calls: list[tuple[Train, ...]] = []
    monkeypatch.setattr(publishing, "follow_phases", written)
    following = Following(stage.work.runs)
    for _ in range(3):
        follow(stage.work, stage.work.plan, following, "")
    assert calls == [(training,)]
    folder = folder_of(stage.work.runs, training)
    with Journal(folder.journal_file) as journal:
        journal.append("step", step=1, steps=9, loss=1.5)
    follow(stage.work, stage.work.plan, following, "")
    write_json(folder.failure_file, {})
    for _ in range(2):
        follow(stage.work, stage.work.plan, following, "")
    assert calls == [(training,)] * 3


def test_what_could_not_be_written_is_written_by_the_next(
    stage: Any, training: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*of: Any) -> None:
        raise OSError

    following = Following(stage.work.runs)
    with monkeypatch.context() as patched:
        patched.setattr(publishing, "follow_phases", away)
        with pytest.raises(OSError):
            follow(stage.work, (training,), following, "")
    uri = f"sqlite:///{stage.runs}/mlflow.db"
    follow(stage.work, (training,), following, uri)
    assert [metrics["loss"] for _, metrics in shown(uri).values()] == [2.0]


def test_runs_of_other_phases_stay_as_they_are(stage: Any, training: Train) -> None:
    uri = f"sqlite:///{stage.runs}/mlflow.db"
    other = next(phase for phase in stage.work.plan if isinstance(phase, Train) and phase != training)
    write_json(folder_of(stage.work.runs, other).phase_file, other)
    with Journal(folder_of(stage.work.runs, other).journal_file) as journal:
        journal.append("step", step=0, steps=9, loss=3.0)
    following = Following(stage.work.runs)
    follow(stage.work, (training, other), following, uri)
    with Journal(folder_of(stage.work.runs, training).journal_file) as journal:
        journal.append("step", step=1, steps=9, loss=1.0)
    follow(stage.work, (training,), following, uri)
    assert sorted(metrics["loss"] for _, metrics in shown(uri).values()) == [1.0, 3.0]


def test_the_conductor_hands_over_the_phases_of_its_launches(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def followed(phases: Any) -> None:
        heard.append(set(phases))
        (stage.runs / "go").touch()

    heard: list[set[Any]] = []
    monkeypatch.setattr(stage, "_follow", followed)
    stage.play(intermediate__toy_qa="wait", intermediate__toy_polarity="wait")
    stage.conduct()
    assert heard[0] == set(stage.work.plan), "two launches have all of it"
