"""Which network interface processes meet over: what a host's name means, which there are, which are named."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from harness.files.host import Host, Interface
from harness.run.doctor.finding import Finding, error, listed, ok, warning

CHECK = "network"
GLOO, NCCL = "GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"
# Beginnings of interfaces that join containers or virtual machines of one host, or lead into a tunnel.
VIRTUAL = ("docker", "veth", "br-", "virbr", "cni", "flannel", "cali", "vxlan", "kube", "podman", "lxc", "tun", "tap")


def check_network(hosts: Sequence[Host], nodes: int) -> list[Finding]:
    """Findings about how each of `hosts` reaches the others, where the cluster has so many `nodes`."""
    return [finding for host in hosts for finding in _of_host(host, nodes)]


def _of_host(host: Host, nodes: int) -> list[Finding]:
    found = [*_named(host, nodes)]
    if nodes > 1:
        found += [*_name(host), *_choice(host)]
    if found:
        return found
    named = [f"{variable}={host.variables[variable]}" for variable in (GLOO, NCCL) if variable in host.variables]
    real = [f"{each.name} ({each.addresses[0]})" for each in usable(host.interfaces)]
    told = [f"{host.name} is {listed(host.resolved)}" if host.resolved else f"{host.name} has no address"]
    return [ok(CHECK, "; ".join([*told, listed(real) or "no interface but its own", *named]))]


def usable(interfaces: Sequence[Interface]) -> list[Interface]:
    """The interfaces that may lead to other nodes: up, with an address that is not of this host alone."""
    return [each for each in interfaces if _reaches(each) and not each.name.startswith(VIRTUAL)]


def selected(pattern: str, names: Sequence[str]) -> list[str]:
    """The interfaces that NCCL takes for a pattern: beginnings of names, `=` before whole ones, `^` before others."""
    excluded = pattern.startswith("^")
    pattern = pattern.removeprefix("^")
    exact = pattern.startswith("=")
    parts = [part for part in pattern.removeprefix("=").split(",") if part]

    def fits(name: str) -> bool:
        return any(name == part if exact else name.startswith(part) for part in parts)

    return [name for name in names if fits(name) != excluded]


def _named(host: Host, nodes: int) -> Iterator[Finding]:
    """What is wrong with the interfaces that the environment names."""
    known = {each.name: each for each in host.interfaces}
    there = f"name one of {listed(each.name for each in usable(host.interfaces)) or 'those of `ip address`'}, or none"
    for variable, names in _chosen(host).items():
        unfit = [name for name in names if name not in known or not (known[name].up and known[name].addresses)]
        if not names or unfit:
            says = f"{variable} is '{host.variables[variable]}' on {host.name}, which has no such interface in use"
            yield error(CHECK, says, there)
        elif nodes > 1 and not any(_reaches(known[name]) for name in names):
            yield error(CHECK, f"{variable} names {listed(names)} of {host.name}, which reaches no other node", there)
        elif virtual := [name for name in names if name.startswith(VIRTUAL)]:
            says = f"{variable} names {listed(virtual)} of {host.name}, which joins what runs on one host"
            yield warning(CHECK, says, there)


def _chosen(host: Host) -> dict[str, list[str]]:
    """The interfaces that each variable names; gloo wants whole names."""
    names = [each.name for each in host.interfaces if each.up]
    chosen = {}
    if GLOO in host.variables:
        chosen[GLOO] = [name.strip() for name in host.variables[GLOO].split(",") if name.strip()]
    if NCCL in host.variables:
        chosen[NCCL] = selected(host.variables[NCCL], names)
    return chosen


def _name(host: Host) -> Iterator[Finding]:
    """Gloo meets at what the host's name resolves to, where no interface is named."""
    if GLOO in host.variables:
        return
    candidates = [each.name for each in usable(host.interfaces)]
    remedy = f"export {GLOO}={candidates[0] if candidates else '<interface>'} on every node, or mend /etc/hosts"
    if not host.resolved:
        yield error(CHECK, f"the name '{host.name}' resolves to nothing", remedy)
    elif all(ip_address(address).is_loopback for address in host.resolved):
        says = f"the name '{host.name}' resolves to {listed(host.resolved)}, where other nodes find themselves"
        yield error(CHECK, says, remedy)


def _choice(host: Host) -> Iterator[Finding]:
    """Several interfaces, and nobody says which."""
    if GLOO in host.variables or NCCL in host.variables:
        return
    virtual = [each.name for each in host.interfaces if each.up and each.name.startswith(VIRTUAL)]
    names = [each.name for each in usable(host.interfaces)]
    if not names:
        yield error(CHECK, f"{host.name} has no interface that reaches another node", "bring one up, with an address")
    elif virtual or len(names) > 1:
        says = f"{host.name} has {listed([*names, *virtual])}, and nothing says which to use"
        remedy = f"export {GLOO} and {NCCL} with the fast one, the same on every node if it is called so there"
        yield warning(CHECK, says, remedy)


def _reaches(interface: Interface) -> bool:
    return interface.up and any(not _local(address) for address in interface.addresses)


def _local(address: str) -> bool:
    found = ip_address(address)
    return found.is_loopback or found.is_link_local
