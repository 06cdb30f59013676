"""Interfaces and names: the loopback trap, several interfaces, those of containers, names that are none."""

from collections.abc import Callable

import pytest

from harness.files.host import Host, Interface
from harness.run.doctor.network import check_network, selected

DOCKER = Interface("docker0", ("172.17.0.1",), True)
FAST = Interface("ib0", ("10.1.0.2",), True)
DOWN = Interface("eth1", ("10.2.0.2",), False)


def test_one_name_and_one_interface_are_right(host: Callable[..., Host]) -> None:
    (found,) = check_network([host()], nodes=2)
    assert (found.level, found.says) == ("ok", "a is 10.0.0.2; eth0 (10.0.0.2)")


def test_a_name_that_means_the_node_itself_stops_several_nodes_alone(host: Callable[..., Host]) -> None:
    trap = host(resolved=("127.0.1.1",))
    (found,) = check_network([trap], nodes=2)
    assert found.level == "error"
    assert found.says == "the name 'a' resolves to 127.0.1.1, where other nodes find themselves"
    assert "export GLOO_SOCKET_IFNAME=eth0 on every node" in found.remedy
    assert check_network([trap], nodes=1)[0].level == "ok"
    named = host(resolved=("127.0.1.1",), variables={"GLOO_SOCKET_IFNAME": "eth0"})
    assert [each.level for each in check_network([named], nodes=2)] == ["ok"]


def test_a_name_without_an_address_is_an_error(host: Callable[..., Host]) -> None:
    (found,) = check_network([host(resolved=())], nodes=2)
    assert (found.level, found.says) == ("error", "the name 'a' resolves to nothing")


def test_several_interfaces_and_those_of_containers_want_a_choice(host: Callable[..., Host]) -> None:
    many = host(interfaces=(*host().interfaces, FAST, DOWN, DOCKER))
    (found,) = check_network([many], nodes=2)
    assert (found.level, found.says) == ("warning", "a has eth0, ib0, docker0, and nothing says which to use")
    assert check_network([many], nodes=1)[0].level == "ok"


@pytest.mark.parametrize(
    ("variable", "value", "level", "says"),
    [
        ("GLOO_SOCKET_IFNAME", "eth7", "error", "is 'eth7' on a, which has no such interface in use"),
        ("GLOO_SOCKET_IFNAME", "eth1", "error", "is 'eth1' on a, which has no such interface in use"),
        ("NCCL_SOCKET_IFNAME", "=ib", "error", "is '=ib' on a, which has no such interface in use"),
        ("NCCL_SOCKET_IFNAME", "docker", "warning", "names docker0 of a, which joins what runs on one host"),
        ("GLOO_SOCKET_IFNAME", "lo", "error", "names lo of a, which reaches no other node"),
        ("NCCL_SOCKET_IFNAME", "ib", "ok", ""),
        ("NCCL_SOCKET_IFNAME", "^docker,lo", "ok", ""),
    ],
)
def test_a_named_interface_must_be_one_that_leads_there(
    host: Callable[..., Host], variable: str, value: str, level: str, says: str
) -> None:
    named = host(interfaces=(*host().interfaces, FAST, DOWN, DOCKER), variables={variable: value})
    (found,) = check_network([named], nodes=2)
    assert found.level == level
    assert says in found.says


def test_a_named_interface_that_is_none_stops_one_node_as_well(host: Callable[..., Host]) -> None:
    (found,) = check_network([host(variables={"GLOO_SOCKET_IFNAME": "eth7"})], nodes=1)
    assert found.level == "error"


def test_patterns_of_nccl() -> None:
    names = ["lo", "eth0", "eth01", "ib0"]
    assert selected("eth", names) == ["eth0", "eth01"]
    assert selected("=eth0", names) == ["eth0"]
    assert selected("^eth,lo", names) == ["ib0"]
    assert selected("^=eth0,lo", names) == ["eth01", "ib0"]
