"""Law 4: placement cannot change a number, over ZeRO stages, offload, launchers, processes and micro-batches."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.files.layout import PhaseFolder
from harness.spec.cluster import Cluster, Hardware
from harness.spec.record import Cost
from tests.parity.stage import concurrent_stage, launch, lay_out, losses, scratch

STRATEGIES = ("zero0", "zero1", "zero2", "zero3", "zero3_offload")
ON_HOST = ("zero1_offload", "zero2_offload", "zero3_offload_optimizer")
# Without its header DeepSpeed cannot compile what reads NVMe; where it is, that takes minutes, once.
ON_NVME = ("zero3_nvme",) if Path("/usr/include/libaio.h").exists() else ()
RUN = (*STRATEGIES, *ON_HOST, "zero3_hpz", *ON_NVME)
TOLERANCE = 1e-5  # the law's, in fp32 with dropout 0
pytestmark = pytest.mark.timeout(900)  # four launches for the first test


@dataclass(frozen=True)
class Layout:
    """One placement of the same stage."""

    strategy: str
    processes: int
    micro_batch: int
    launcher: str = "torchrun"
    nodes: int = 1

    @property
    def cluster(self) -> Cluster:
        hardware = Hardware("cpu", 8.0, nvme_path=tempfile.gettempdir(), nvme_gb=8.0)
        return Cluster(
            "test",
            nodes=self.nodes,
            processes_per_node=self.processes // self.nodes,
            max_micro_batch=self.micro_batch,
            hardware=hardware,
        )


ONE_PROCESS = tuple(Layout("zero0", 1, size) for size in (1, 2, 4))
REFERENCE = ONE_PROCESS[2]  # micro-batch 4, accumulation 2
TWO_PROCESSES = (*(Layout(name, 2, 2) for name in RUN), Layout("zero2", 2, 1), Layout("zero2", 2, 4))
BY_DEEPSPEED = tuple(Layout(name, 2, 2, "deepspeed") for name in STRATEGIES)
# As if two nodes had two processes each: the second copy of the parameters is then not the whole world's.
TWO_NODES = (Layout("zero3_hpz", 4, 1, nodes=2),)


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[Layout, PhaseFolder]:
    """The stage trained under every placement, in one launch for each number of processes and launcher."""
    trained = {}
    for layouts in (ONE_PROCESS, TWO_PROCESSES, BY_DEEPSPEED, TWO_NODES):
        folders = []
        for layout in layouts:
            runs = tmp_path_factory.mktemp(layout.strategy)
            folders.append(lay_out(runs, scratch().tokenizer, layout.strategy, layout.cluster))
            trained[layout] = lay_out(runs, concurrent_stage(), layout.strategy, layout.cluster)
            folders.append(trained[layout])
        launch(folders, layouts[0].processes, layouts[0].launcher)
    return trained


def test_twenty_steps_are_of_all_three_tasks_and_tags_are_learnt(stages: dict[Layout, PhaseFolder]) -> None:
    reference = stages[REFERENCE]
    assert len(losses(reference)) == 20
    assert all(len(losses(reference, data.task)) > 4 for data in concurrent_stage().data)
    found = losses(reference, "toy_senses")  # the others are nearly at chance after so few steps
    assert max(found[-2:]) < 0.9 * min(found[:2])


@pytest.mark.parametrize("layout", [*ONE_PROCESS[:2], *TWO_PROCESSES, *BY_DEEPSPEED, *TWO_NODES], ids=str)
def test_losses_agree(layout: Layout, stages: dict[Layout, PhaseFolder]) -> None:
    assert losses(stages[layout]) == pytest.approx(losses(stages[REFERENCE]), abs=TOLERANCE)


@pytest.mark.parametrize(
    "layout", [layout for layout in (*TWO_PROCESSES, *BY_DEEPSPEED) if layout.micro_batch == 2], ids=str
)
def test_flops_do_not_depend_on_stage_processes_or_launcher(layout: Layout, stages: dict[Layout, PhaseFolder]) -> None:
    found, reference = _cost(stages[layout]), _cost(stages[ONE_PROCESS[1]])
    assert (found.model, found.hardware, found.six_nd) == (reference.model, reference.hardware, reference.six_nd)
    assert found.model < found.hardware


@pytest.mark.parametrize("layout", [ONE_PROCESS[0], *TWO_PROCESSES[-2:]], ids=str)
def test_model_flops_do_not_depend_on_the_micro_batch(layout: Layout, stages: dict[Layout, PhaseFolder]) -> None:
    assert _cost(stages[layout]).model == _cost(stages[REFERENCE]).model


def _cost(folder: PhaseFolder) -> Cost:
    record = folder.record()
    assert record is not None
    return record.cost
