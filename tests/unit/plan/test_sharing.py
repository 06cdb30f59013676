"""Equal shares of a node, of which each phase has as many as it needs."""

from dataclasses import replace

from harness.plan.sharing import divided, shares_of
from harness.spec.cluster import Cluster
from tests.unit.plan.places import node


def test_shares_are_as_small_as_the_smallest_need() -> None:
    assert [divided(node(), needs).launches for needs in ([1, 1], [4, 2, 8], [4, 8], [8, 16], [])] == [8, 4, 2, 1, 1]
    assert divided(node(processes=6), [2, 3]).launches == 6


def test_a_phase_has_as_many_shares_as_it_needs_and_their_part_of_the_node() -> None:
    quarters = node(launches=4)
    assert [shares_of(need, quarters) for need in (1, 2, 3, 4, 5, 8, 16)] == [1, 1, 2, 2, 4, 4, 4]
    assert quarters.share(2, 2) == replace(node().part(4), first_device=4)
    assert quarters.share(0, 4) == node()


def test_launches_that_a_file_gives_are_kept() -> None:
    given = Cluster("c", processes_per_node=8, launches=2)
    assert divided(given, [1]) is given


def test_a_part_of_a_node_has_its_share_of_what_belongs_to_the_node() -> None:
    whole = node(nodes=4)
    part, nodes = whole.part(2), whole.part(16)
    assert (part.world_size, part.nodes, nodes.world_size, nodes.nodes) == (2, 1, 16, 2)
    assert part.hardware is not None
    assert part.hardware.host_memory_gb == 1900 / 4
    assert part.hardware.nvme_gb_s == 25 / 4
    assert part.hardware.pcie_gb_s == 50
    assert nodes.hardware == whole.hardware
    assert node(launches=4).share(3).hardware == part.hardware


def test_several_nodes_are_shared_as_one_is() -> None:
    assert [divided(node(4), needs).launches for needs in ([1], [4, 16], [8, 16], [16], [32], [24, 16])] == [
        32,
        8,
        4,
        2,
        1,
        4,
    ]
    quarters = divided(node(4), [2])
    assert [shares_of(need, quarters) for need in (1, 2, 3, 4, 5, 8, 9, 16, 17, 32)] == [1, 1, 2, 2, 4, 4, 8, 8, 12, 16]
    assert quarters.share(4, 4) == node()
    assert quarters.share(5) == replace(node().part(2), first_device=2)
