"""Equal shares of a node, as large as its small phases need."""

from harness.plan.sharing import divided
from harness.spec.cluster import Cluster
from tests.unit.plan.places import node


def test_shares_are_as_large_as_the_largest_small_need() -> None:
    assert [divided(node(), needs).launches for needs in ([1, 1], [1, 2, 8], [4, 1], [8, 16], [])] == [8, 4, 2, 1, 1]


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
