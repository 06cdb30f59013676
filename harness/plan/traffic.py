"""Bytes that one process sends for an optimiser step: to its peers, and to its host and NVMe where it offloads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Traffic:
    """Bytes of one process and optimiser step, sent over links inside a node, between nodes, over PCIe, to NVMe."""

    link: int = 0
    network: int = 0
    pcie: int = 0
    nvme: int = 0
