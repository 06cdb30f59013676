"""Every cluster file can be read, and one with hardware has what a bill needs."""

from pathlib import Path

import pytest

from harness.catalog import accelerators
from harness.plan.memory.room import room
from harness.plan.places.choice import choose
from harness.spec.cluster import Cluster
from harness.spec.load import from_yaml
from tests.unit.plan.places import STRATEGIES, train

FILES = sorted((Path(__file__).resolve().parents[2] / "jobs" / "clusters").glob("*.yaml"))


@pytest.fixture(params=FILES, ids=lambda file: file.stem)
def cluster(request: pytest.FixtureRequest) -> Cluster:
    file: Path = request.param
    read: Cluster = from_yaml(Cluster, file.read_text(), str(file))
    assert read.name == file.stem
    return read


def test_a_cluster_with_hardware_has_what_a_bill_needs(cluster: Cluster) -> None:
    if cluster.hardware is None:
        assert cluster.accelerator == "cpu"
        return
    device = accelerators.device(cluster.hardware.device)
    assert device is not None
    assert room(cluster).accelerator == device.memory_gb * 1e9
    assert cluster.hardware.price
    assert cluster.hardware.watts
    assert cluster.hardware.watts > device.watts  # its share of the node comes on top


def test_xlm_r_large_can_be_placed_on_every_cluster(cluster: Cluster) -> None:
    strategies = STRATEGIES if cluster.hardware else {"zero1": STRATEGIES["zero1"]}
    assert choose(train(batch_size=32), cluster, strategies, None).accelerators >= 1


def test_prices_say_that_they_are_examples() -> None:
    assert all("example" in file.read_text() for file in FILES if "price:" in file.read_text())
