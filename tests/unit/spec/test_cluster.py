"""Clusters: equal shares, each a cluster of its own."""

import pytest

from harness.spec.cluster import Cluster, Hardware
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml


def test_a_share_is_a_cluster_of_fewer_processes() -> None:
    cluster = Cluster("c", processes_per_node=8, launches=4, threads_per_process=3)
    assert cluster.share(2) == Cluster("c", processes_per_node=2, threads_per_process=3)
    assert cluster.share(2).world_size == 2


def test_a_share_has_accelerators_of_its_own() -> None:
    cluster = Cluster("c", accelerator="cuda", processes_per_node=8, launches=4, first_device=8)
    assert cluster.share(2) == Cluster("c", accelerator="cuda", processes_per_node=2, first_device=12)


def test_a_first_accelerator_is_refused_where_there_are_none() -> None:
    with pytest.raises(HarnessError, match=r"c\.yaml: .*'first_device' is 1, but accelerator 'cpu' has none to count"):
        from_yaml(Cluster, "name: c\nfirst_device: 1\n", "c.yaml")


@pytest.mark.parametrize(
    ("processes", "threads", "size"),
    [
        (1, 1, "1 process with 1 thread"),
        (1, 2, "1 process with 2 threads"),
        (2, 1, "2 processes with 1 thread each"),
        (4, 3, "4 processes with 3 threads each"),
    ],
)
def test_a_cluster_says_how_large_it_is(processes: int, threads: int, size: str) -> None:
    assert Cluster("c", processes_per_node=processes, threads_per_process=threads).size == size


def test_the_one_share_of_a_cluster_is_all_of_it() -> None:
    assert Cluster("c").share(0) == Cluster("c")


def test_launches_share_the_threads_of_a_lone_process() -> None:
    cluster = Cluster("c", processes_per_node=1, threads_per_process=4, launches=2)
    assert cluster.share(1) == Cluster("c", processes_per_node=1, threads_per_process=2)


def test_launches_on_one_process_share_its_host_memory() -> None:
    hardware = Hardware("cpu", host_memory_gb=16.0, memory_gb=8.0)
    cluster = Cluster("c", processes_per_node=1, threads_per_process=2, launches=2, hardware=hardware)
    shared = cluster.share(1).hardware
    assert shared is not None
    assert (shared.host_memory_gb, shared.memory_gb) == (8.0, 8.0)


@pytest.mark.parametrize("text", ["accelerator: cuda\nthreads_per_process: 2\n", "threads_per_process: 3\n"])
def test_threads_are_shared_on_cpu_alone_and_equally(text: str) -> None:
    with pytest.raises(HarnessError, match="2 launches cannot share 1 processes"):
        from_yaml(Cluster, f"name: c\nprocesses_per_node: 1\nlaunches: 2\n{text}", "c.yaml")


@pytest.mark.parametrize(("nodes", "number"), [(1, 3), (1, 16), (2, 12), (2, 32)])
def test_a_phase_has_a_part_of_a_node_or_whole_nodes(nodes: int, number: int) -> None:
    text = f"{{name: c, processes_per_node: 8, nodes: {nodes}, accelerators_per_phase: {number}}}"
    said = rf"c\.yaml: 'accelerators_per_phase' is {number}; it should divide the 8 of a node, or be whole nodes of its"
    with pytest.raises(HarnessError, match=f"{said} {nodes}"):
        from_yaml(Cluster, text, "c.yaml")


@pytest.mark.parametrize("number", [1, 2, 8, 16])
def test_a_part_of_a_cluster_is_no_longer_told_how_much_a_phase_has(number: int) -> None:
    cluster = Cluster("c", nodes=2, processes_per_node=8, launches=4, accelerators_per_phase=number)
    assert cluster.part(number).world_size == number
    assert cluster.part(1).accelerators_per_phase is None
    assert cluster.share(0).world_size == 4  # whatever a phase has


@pytest.mark.parametrize(
    ("nvme", "said"),
    [
        ("nvme_path: /nvme", "'nvme_path' is given, but not 'nvme_gb'; give both"),
        ("nvme_gb: 3", "'nvme_gb' is given, but not 'nvme_path'; give both"),
        ("nvme_gb: 3, nvme_path: nvme", "'nvme_path' is 'nvme'; it should begin with '/'"),
    ],
)
def test_nvme_is_a_folder_by_its_full_name_and_a_size(nvme: str, said: str) -> None:
    with pytest.raises(HarnessError, match=rf"c\.yaml: .*{said}"):
        from_yaml(Cluster, f"{{name: c, hardware: {{device: cpu, host_memory_gb: 8, {nvme}}}}}", "c.yaml")


def test_shares_must_be_equal() -> None:
    with pytest.raises(
        HarnessError, match=r"c\.yaml: 3 launches cannot share 8 processes per node equally; 'launches'"
    ):
        from_yaml(Cluster, "name: c\nprocesses_per_node: 8\nlaunches: 3\n", "c.yaml")


def test_shares_are_numbered_node_by_node() -> None:
    hosts = {"hosts": ("a", "b"), "addresses": ("1", "2")}
    cluster = Cluster("c", "cuda", nodes=2, processes_per_node=4, launches=4, first_device=1, **hosts)
    assert [(cluster.share(k).hosts, cluster.share(k).first_device) for k in range(4)] == [
        (("a",), 1),
        (("a",), 3),
        (("b",), 1),
        (("b",), 3),
    ]
    assert cluster.share(2, 2) == Cluster("c", "cuda", 1, 4, hosts=("b",), addresses=("2",), first_device=1)
    assert cluster.share(0, 4) == Cluster("c", "cuda", 2, 4, first_device=1, **hosts)


def test_a_share_may_be_whole_nodes() -> None:
    cluster = Cluster("c", nodes=4, processes_per_node=2, launches=2, hosts=("a", "b", "c", "d"))
    assert (cluster.share(1).nodes, cluster.share(1).hosts, cluster.share(1).world_size) == (2, ("c", "d"), 4)
    assert cluster.share(1).size == "2 nodes of 2 processes with 1 thread each"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nodes: 2, hosts: [a]", "'hosts' names 1 hosts for 2 nodes; name each node once"),
        ("nodes: 2, hosts: [a, a]", "'hosts' names 1 hosts for 2 nodes"),
        ("hosts: [a], addresses: [x, y]", "'addresses' are 2, but 'hosts' 1; give one a host"),
        ("remote_shell: []", "'remote_shell' is empty; give the words before a host's name"),
        ("remote_shell: [sshpass, -pabc, ssh]", "'remote_shell' holds a password"),
        ("remote_shell: [timeout, 60s, /usr/bin/sshpass, -v, -p, abc, ssh]", "'remote_shell' holds a password"),
        ("remote_shell: [env, SSHPASS=abc, sshpass, -e, ssh]", "'remote_shell' holds a password"),
        ("hosts: ['a; reboot']", "'hosts.0' is \"a; reboot\""),
        ("nodes: 2, processes_per_node: 3, launches: 4", "4 launches cannot share 3 processes per node of 2 nodes"),
    ],
)
def test_mistakes_about_hosts_are_told(text: str, said: str) -> None:
    with pytest.raises(HarnessError, match=rf"c\.yaml: .*{said}"):
        from_yaml(Cluster, f"{{name: c, {text}}}", "c.yaml")


@pytest.mark.parametrize(
    "words",
    ["ssh, -o, PasswordAuthentication=no", "ssh, -oNumberOfPasswordPrompts=0", "sshpass, -e, ssh, -p, '2222'"],
)
def test_options_of_a_remote_shell_are_no_passwords(words: str) -> None:
    made: Cluster = from_yaml(Cluster, f"{{name: c, remote_shell: [{words}]}}", "c.yaml")
    assert made.remote_shell[0] == words.partition(",")[0]
