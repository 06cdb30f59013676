"""The probe of micro-batches with a worker that is played: tried, halved, remembered, and the batch always kept."""

import dataclasses
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from harness.files.lease import read_lease
from harness.files.tried import read_tried
from harness.run.child import Launcher
from harness.run.conduct.probe import Probe, UnfitError, remembered
from harness.run.placing import choice, whole
from harness.run.study import Work
from harness.spec.cluster import Cluster, Hardware, Placement
from harness.spec.phase import Train

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")
HARDWARE = Hardware("cpu", 64.0, memory_gb=1.5)
CLUSTER = Cluster("probed", processes_per_node=2, probe=True)  # each has 8 of the 16 examples of a batch


@dataclasses.dataclass
class Trial:
    """The probe on the work of a stage."""

    work: Work
    said: list[str] = dataclasses.field(default_factory=list)
    obeyed: int = 0

    def placement(self, phase: Train, cluster: Cluster = CLUSTER) -> Placement:
        launcher: Launcher = runpy.run_path(str(FAKE_WORKER))["command"]
        probe = Probe(self.work.runs, launcher, self.said.append, self._obey)
        return probe.placement(phase, choice(self.work, phase, whole(cluster)), cluster)

    @property
    def tried(self) -> list[str]:
        """Role, micro-batch and accumulation of every launch."""
        file = self.work.runs / "probed"
        return file.read_text().splitlines() if file.exists() else []

    def play(self, **how: Any) -> None:
        (self.work.runs / "play.json").write_text(json.dumps(how))

    def _obey(self) -> None:
        self.obeyed += 1


@pytest.fixture
def trial(stage: Any) -> Trial:
    return Trial(stage.work)


@pytest.fixture
def train(trial: Trial) -> Train:
    return next(phase for phase in trial.work.plan if isinstance(phase, Train))


def test_without_being_asked_nothing_is_tried(trial: Trial, train: Train) -> None:
    planned = trial.placement(train, dataclasses.replace(CLUSTER, probe=False))
    assert (planned.micro_batch, planned.accumulation, trial.tried) == (8, 1, [])


def test_what_fits_is_kept_and_tried_once_for_all_seeds(trial: Trial, train: Train) -> None:
    assert trial.placement(train).micro_batch == 8
    other = dataclasses.replace(train, recipe=dataclasses.replace(train.recipe, seed=99, learning_rate=1e-3))
    assert trial.placement(other) == trial.placement(train)
    assert trial.tried == ["target 8x1"]
    assert trial.said == [f"target-{train.data[0].task}: probing micro-batch 8 of FacebookAI/xlm-roberta-base"]


@pytest.mark.parametrize("end", ["", "die"])
def test_what_does_not_fit_is_halved_and_the_global_batch_kept(trial: Trial, train: Train, end: str) -> None:
    trial.play(micro_batch=3, too_large=end)
    placement = trial.placement(train)
    assert (placement.micro_batch, placement.accumulation) == (2, 4)
    assert placement.micro_batch * placement.accumulation * placement.world_size == train.recipe.batch_size
    assert trial.tried == ["target 8x1", "target 4x2", "target 2x4"]
    assert trial.placement(train) == placement
    assert len(trial.tried) == 3


def test_the_outcome_is_remembered_with_its_peak_and_time(trial: Trial, train: Train) -> None:
    trial.play(micro_batch=3)
    trial.placement(train)
    found = read_tried(remembered(trial.work.runs, train, choice(trial.work, train, whole(CLUSTER)), CLUSTER))
    assert found is not None
    assert (found.micro_batch, found.too_large, found.peak_bytes, found.seconds) == (2, 4, 7, 0.5)
    assert len(list((trial.work.runs / ".cache" / "probe").iterdir())) == 1


def test_a_larger_batch_of_the_same_kind_starts_from_what_is_known(trial: Trial, train: Train) -> None:
    trial.play(micro_batch=3)
    trial.placement(train)
    larger = dataclasses.replace(train, recipe=dataclasses.replace(train.recipe, batch_size=24))
    assert trial.placement(larger).micro_batch == 3  # 12 and 6 are known to be too large
    assert trial.tried[3:] == ["target 3x4"]


def test_a_micro_batch_that_fitted_alone_is_tried_again_where_it_is_one_of_several(trial: Trial, train: Train) -> None:
    """Gradients are kept between them; what fitted so is known to fit alone."""
    assert trial.placement(train, dataclasses.replace(CLUSTER, max_micro_batch=8)).micro_batch == 8
    larger = dataclasses.replace(train, recipe=dataclasses.replace(train.recipe, batch_size=32))
    assert trial.placement(larger, dataclasses.replace(CLUSTER, max_micro_batch=8)).accumulation == 2
    assert trial.placement(train, dataclasses.replace(CLUSTER, max_micro_batch=8)).micro_batch == 8
    assert trial.tried == ["target 8x1", "target 8x2"]


def test_another_window_or_memory_is_another_kind(trial: Trial, train: Train) -> None:
    trial.placement(train)
    window = dataclasses.replace(train.recipe.window, max_length=32)
    trial.placement(dataclasses.replace(train, recipe=dataclasses.replace(train.recipe, window=window)))
    trial.placement(train, dataclasses.replace(CLUSTER, processes_per_node=1))
    assert len(trial.tried) == 3


def test_where_not_one_example_fits_one_sentence_says_so(trial: Trial, train: Train) -> None:
    trial.play(micro_batch=0)
    with pytest.raises(UnfitError, match="not even one example of FacebookAI/xlm-roberta-base fits in the memory of a"):
        trial.placement(train)
    assert len(trial.tried) == 4
    trial.play()
    assert (
        trial.placement(train).micro_batch == 8
    )  # a refusal is not remembered: something else may have had the memory


def test_another_mistake_is_told_as_it_is(trial: Trial, train: Train) -> None:
    trial.play(micro_batch=4, too_large="say")
    with pytest.raises(UnfitError, match="trying micro-batch 8 failed: no such device"):
        trial.placement(train)


def test_on_cpu_the_memory_of_the_cluster_is_the_limit(trial: Trial, train: Train) -> None:
    launched: list[tuple[str, ...]] = []
    launcher: Launcher = runpy.run_path(str(FAKE_WORKER))["command"]

    def noting(worker: Any, cluster: Cluster) -> Any:
        launched.append(tuple(worker))
        return launcher(worker, cluster)

    probe = Probe(trial.work.runs, noting, trial.said.append, lambda: None)
    limited = dataclasses.replace(CLUSTER, hardware=HARDWARE)
    probe.placement(train, choice(trial.work, train, whole(CLUSTER)), limited)
    assert launched[0][:3] == ("harness.worker.probe", "--memory", "1500000000")


def test_a_phase_that_does_not_fit_fails_and_the_others_go_on(stage: Any) -> None:
    file = stage.sweep.parent / "clusters" / "local.yaml"
    file.write_text("{name: local, accelerator: cpu, processes_per_node: 2, launches: 1, probe: true}\n")
    (stage.runs / "play.json").write_text(json.dumps({"role": "intermediate", "micro_batch": 0}))
    states = stage.conduct()
    assert {state.status for state in states.values()} == {"failed", "blocked", "done"}
    assert all("not even one example" in state.reason for state in states.values() if state.status == "failed")
    assert any("probing micro-batch" in line for line in stage.heard.said)
    assert not any(read_lease(state.folder.lease_file) for state in states.values())
