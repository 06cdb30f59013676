"""What nodes have against the cluster's file: compilers, accelerators, cores, memory, clocks, one run folder."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.files.host import Host
from harness.files.survey import Clock, Process, Sharing
from harness.run.doctor.clocks import check_clocks
from harness.run.doctor.devices import check_devices
from harness.run.doctor.folder import check_shared
from harness.run.doctor.tools import check_tools
from harness.spec.cluster import Cluster, Hardware

CPU = Cluster("mine", processes_per_node=2)
CUDA = Cluster("mine", "cuda", processes_per_node=2, hardware=Hardware("h100_sxm", 60.0))
H100 = "NVIDIA H100 80GB HBM3"


@pytest.mark.parametrize(("nvme", "level"), [(None, "warning"), ("/nvme", "error")])
def test_a_missing_compiler_stops_only_what_compiles(host: Callable[..., Host], nvme: str | None, level: str) -> None:
    cluster = replace(CPU, hardware=Hardware("cpu", 8.0, nvme_path=nvme, nvme_gb=nvme and 8.0))
    bare = host(name="b", tools={"C++ compiler": None, "ninja": "/usr/bin/ninja"})
    (found,) = check_tools([host(), bare], cluster)
    assert (found.level, found.check) == (level, "compiler")
    assert found.says == "no C++ compiler on PATH of b; offloading to NVMe compiles"
    assert "g++" in found.remedy
    assert [each.level for each in check_tools([host()], cluster)] == ["ok"]


def test_accelerators_are_those_of_the_file(host: Callable[..., Host]) -> None:
    (found,) = check_devices([host(devices=(H100, H100))], CUDA)
    assert (found.level, found.says) == ("ok", f"2 x {H100} on a")
    (found,) = check_devices([host(devices=(H100,))], CUDA)
    assert (found.level, found.says) == ("error", "torch finds 1 on a, cluster 'mine' uses 2")
    (found,) = check_devices([host(devices=("NVIDIA A10", "NVIDIA A10"))], CUDA)
    assert (found.level, found.says) == ("warning", "a has NVIDIA A10, but hardware.device is 'h100_sxm'")


def test_a_launch_on_fewer_nodes_than_the_file_says_is_an_error(host: Callable[..., Host]) -> None:
    found = check_devices([host()], replace(CPU, nodes=2))
    assert [(each.level, each.check) for each in found] == [("error", "nodes"), ("ok", "cores")]
    assert found[0].says == "the launch had 1, but cluster 'mine' has 2"


def test_too_few_cores_and_less_memory_than_promised_are_warnings(host: Callable[..., Host]) -> None:
    cluster = replace(CPU, threads_per_process=8, hardware=Hardware("cpu", 128.0))
    found = check_devices([host()], cluster)
    assert [(each.level, each.says) for each in found] == [
        ("warning", "a has 8, for 16 threads of the cluster's processes"),
        ("warning", "a has 64 GB, the file says 128"),
    ]


def test_a_clock_that_is_surely_wrong_is_told(process: Callable[..., Process]) -> None:
    sound = [process(0, "a"), process(2, "b", clock=Clock(-0.4, 0.001))]
    (found,) = check_clocks(sound)
    assert (found.level, found.says) == ("ok", "within 0.401 s on 2 nodes")
    skewed = [*sound, process(4, "c", clock=Clock(-3.0, 0.01)), process(6, "d", clock=Clock(90.0, 0.01))]
    assert [(each.level, each.says) for each in check_clocks(skewed)] == [
        ("warning", "that of c is 3.0 s behind that of a"),
        ("error", "that of d is 90.0 s ahead of that of a"),
    ]
    doubtful = [process(0, "a"), process(2, "b", clock=Clock(1.2, 0.5))]
    assert check_clocks(doubtful)[0].level == "ok"


def test_a_node_with_another_folder_is_named(process: Callable[..., Process]) -> None:
    assert check_shared([process(0, "a"), process(1, "a", host=None)]).says == (
        "all 2 processes on this node read and write it"
    )
    assert "on 2 nodes" in check_shared([process(0, "a"), process(1, "b")]).says
    apart = process(1, "b", sharing=Sharing(read=False, found=False))
    found = check_shared([process(0, "a"), apart])
    assert (found.level, found.says) == ("error", "b and a do not see each other's files in it")
    unwritten = process(1, "b", sharing=Sharing(read=True, found=False, problem="Read-only file system"))
    found = check_shared([process(0, "a"), unwritten])
    assert (found.level, found.says) == ("error", "cannot be written by process 1 on b: Read-only file system")
