"""Allocations of Slurm that do not suit a launcher, by the variables that Slurm sets."""

import pytest

from harness.run.doctor.slurm import check_slurm, most
from harness.spec.cluster import Cluster

CLUSTER = Cluster("mine", "cuda", nodes=2, processes_per_node=8, threads_per_process=4, launcher="deepspeed")
JOB = {
    "SLURM_JOB_ID": "7",
    "SLURM_JOB_NUM_NODES": "2",
    "SLURM_STEP_ID": "0",
    "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
    "SLURM_CPUS_PER_TASK": "32",
    "SLURM_GPUS_ON_NODE": "8",
}


def test_outside_of_a_job_nothing_is_said() -> None:
    assert check_slurm({"SLURM_CONF": "/etc/slurm.conf"}, CLUSTER) == []


def test_a_job_that_suits_is_right() -> None:
    (found,) = check_slurm(JOB, CLUSTER)
    assert (found.level, found.says) == ("ok", "job 7 suits cluster 'mine'")


@pytest.mark.parametrize(
    ("variable", "value", "level", "says"),
    [
        ("SLURM_STEP_TASKS_PER_NODE", "8(x2)", "error", "8 tasks on a node, and the launcher 'deepspeed' would be"),
        ("SLURM_JOB_NUM_NODES", "1", "error", "the job has 1 nodes, cluster 'mine' uses 2"),
        ("SLURM_CPUS_PER_TASK", "4", "warning", "the job has 4 cores a task, cluster 'mine' uses 32"),
        ("SLURM_GPUS_ON_NODE", "4", "error", "the job has 4 accelerators on a node, cluster 'mine' uses 8"),
    ],
)
def test_a_job_that_does_not_suit(variable: str, value: str, level: str, says: str) -> None:
    (found,) = check_slurm({**JOB, variable: value}, CLUSTER)
    assert found.level == level
    assert says in found.says
    assert found.remedy


def test_tasks_of_the_allocation_are_no_tasks_of_a_step() -> None:
    batch = {"SLURM_JOB_ID": "7", "SLURM_TASKS_PER_NODE": "8(x2)"}
    assert [each.level for each in check_slurm(batch, CLUSTER)] == ["ok"]


def test_numbers_of_nodes_as_slurm_writes_them() -> None:
    assert [most(told) for told in ("8(x2)", "2(x3),1", "4", "", "many")] == [8, 2, 4, None, None]
