"""Where phases run: the cluster, and one phase's placement on it; never part of an identity."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from harness.spec.credentials import has_password
from harness.spec.scheduler import HostName, Kubernetes, Slurm, Word
from harness.spec.value import value

Accelerator = Literal["cpu", "cuda"]


@value
class Hardware:
    """What a cluster is made of, for plans; GB are 10^9 bytes, rates in GB/s and in one direction.

    `device` is one of harness/catalog/accelerators.py, which says its peak rates, bandwidth, memory and power.
    `link_gb_s` joins an accelerator with the others of its node, `network_gb_s` a node with the others, `pcie_gb_s` an
    accelerator with its host. `host_memory_gb`, `nvme_gb` and `nvme_gb_s` are a node's, `disk_gb` and `inodes` what the
    run folder may take. `watts` are an accelerator's with its share of the node; prices per accelerator-hour.
    """

    device: Annotated[str, Field(min_length=1)]
    host_memory_gb: PositiveFloat
    memory_gb: PositiveFloat | None = None
    link_gb_s: PositiveFloat | None = None
    network_gb_s: PositiveFloat | None = None
    pcie_gb_s: PositiveFloat | None = None
    nvme_path: str | None = None
    nvme_gb: PositiveFloat | None = None
    nvme_gb_s: PositiveFloat | None = None
    disk_gb: PositiveFloat | None = None
    inodes: PositiveInt | None = None
    price: PositiveFloat | None = None
    currency: str = "USD"
    watts: PositiveFloat | None = None

    @model_validator(mode="after")
    def _nvme_is_a_folder_and_its_size(self) -> "Hardware":
        if (self.nvme_path is None) != (self.nvme_gb is None):
            given, missing = ("nvme_gb", "nvme_path") if self.nvme_path is None else ("nvme_path", "nvme_gb")
            raise ValueError(f"'{given}' is given, but not '{missing}'; give both, or neither where there is no NVMe")
        if self.nvme_path is not None and not self.nvme_path.startswith("/"):
            raise ValueError(
                f"'nvme_path' is '{self.nvme_path}'; it should begin with '/', "
                "since each process would look for another from its own working folder"
            )
        return self

    def share(self, part: float) -> "Hardware":
        """What a part of a node's accelerators has of what belongs to the node: others may work beside it."""
        if part == 1.0:
            return self
        names = ("host_memory_gb", "nvme_gb", "nvme_gb_s", "network_gb_s")
        had = {name: getattr(self, name) for name in names}
        return replace(self, **{name: amount and part * amount for name, amount in had.items()})


@value
class Cluster:
    """The machines at hand; `token_budget` is in padded tokens per evaluation batch.

    With `hardware`, plans tell memory, time and cost, and choose what a sweep leaves open: how many accelerators a
    phase has (`accelerators_per_phase`), ZeRO stage, offload and micro-batch. With `probe`, a micro-batch is tried in a
    launch of its own before the first phase of its kind.

    At most `checkpoint_interval_s` of training are lost where a node fails, which each does after about
    `node_hours_between_failures`. A launch that is asked to end has `grace_s` for its last checkpoint.

    At most `launches` run at once, each on an equal share of all processes, a part of one node or whole nodes, or of
    the threads of the only process on cpu: small models gain by it, since several processes that step together cost
    them more time than they save. What needs more than a share has neighbouring ones. `first_device` is a node's first
    accelerator in use, where it has any.

    `hosts` names the nodes for `remote_shell`, the words before a host's name and a command there; without them the
    only node is this host. Where the names are no addresses for the other nodes, `addresses` gives them, one a host.
    `network_interface` is the one between nodes. `slurm` and `kubernetes` are for the launchers of these names.
    """

    name: Word
    accelerator: Accelerator = "cpu"
    nodes: PositiveInt = 1
    processes_per_node: PositiveInt = 2
    threads_per_process: PositiveInt = 1
    launcher: str = "torchrun"
    max_micro_batch: PositiveInt = 64
    token_budget: PositiveInt = 8192
    collective_timeout_s: PositiveInt = 600
    checkpoint_interval_s: PositiveFloat = 600.0
    node_hours_between_failures: PositiveFloat = 1000.0
    grace_s: PositiveInt = 60
    launches: PositiveInt = 1
    first_device: NonNegativeInt = 0
    accelerators_per_phase: PositiveInt | None = None
    probe: bool = False
    hardware: Hardware | None = None
    hosts: tuple[HostName, ...] = ()
    addresses: tuple[HostName, ...] = ()
    remote_shell: tuple[str, ...] = ("ssh",)
    network_interface: Word | None = None
    slurm: Slurm = Slurm()
    kubernetes: Kubernetes | None = None

    @model_validator(mode="after")
    def _shares_are_equal(self) -> "Cluster":
        if not self._even and not self._shares_threads:
            nodes = "" if self.nodes == 1 else f" of {self.nodes} nodes"
            raise ValueError(
                f"{self.launches} launches cannot share {self.processes_per_node} processes per node{nodes} equally; "
                "'launches' must divide 'processes_per_node', or on cpu the threads of one process, "
                "or be so many for each node, or for whole nodes"
            )
        return self

    @model_validator(mode="after")
    def _hosts_are_nodes(self) -> "Cluster":
        if self.hosts and len(set(self.hosts)) != self.nodes:
            raise ValueError(f"'hosts' names {len(set(self.hosts))} hosts for {self.nodes} nodes; name each node once")
        if self.addresses and len(self.addresses) != len(self.hosts):
            raise ValueError(f"'addresses' are {len(self.addresses)}, but 'hosts' {len(self.hosts)}; give one a host")
        if not self.remote_shell:
            raise ValueError("'remote_shell' is empty; give the words before a host's name, such as [ssh]")
        if has_password(self.remote_shell):
            raise ValueError(
                "'remote_shell' holds a password, and scripts with it are kept in the run folder; give a key, or "
                "`sshpass -e`, which reads the environment"
            )
        return self

    @model_validator(mode="after")
    def _first_device_is_an_accelerator(self) -> "Cluster":
        if self.first_device and self.accelerator == "cpu":
            raise ValueError(
                f"'first_device' is {self.first_device}, but accelerator 'cpu' has none to count; leave it out"
            )
        return self

    @model_validator(mode="after")
    def _phases_have_a_part_of_a_node_or_whole_nodes(self) -> "Cluster":
        number, node = self.accelerators_per_phase, self.processes_per_node
        if number and (number > self.world_size or (number % node if number > node else node % number)):
            raise ValueError(
                f"'accelerators_per_phase' is {number}; "
                f"it should divide the {node} of a node, or be whole nodes of its {self.nodes}"
            )
        return self

    @property
    def _even(self) -> bool:
        """Whether launches have equally many processes each, of one node or of whole nodes."""
        each, left = divmod(self.world_size, self.launches)
        return not left and self.whole(each)

    def whole(self, processes: int) -> bool:
        """Whether so many processes are an equal part of a node, or whole nodes."""
        node = self.processes_per_node
        return processes > 0 and not (processes % node if processes > node else node % processes)

    @property
    def _shares_threads(self) -> bool:
        alone = self.accelerator == "cpu" and self.world_size == 1
        return alone and self.threads_per_process % self.launches == 0

    def share(self, first: int, size: int = 1) -> "Cluster":
        """What one of several launches runs on: `size` shares, numbered from 0, of which threads are given singly.

        They are numbered node by node, and are a part of one node or whole nodes.
        """
        if self.world_size % self.launches:
            hardware = self.hardware and self.hardware.share(1 / self.launches)
            threads = self.threads_per_process // self.launches
            return replace(self, threads_per_process=threads, launches=1, hardware=hardware)
        each = self.world_size // self.launches
        node, device = divmod(first * each, self.processes_per_node)
        device = self.first_device + device if self.accelerator == "cuda" else 0
        return replace(self._alone(size * each, node), first_device=device)

    def _alone(self, processes: int, node: int = 0) -> "Cluster":
        """For one launch, with so many processes, of one node and their share of what it has, or of whole nodes."""
        nodes = max(1, processes // self.processes_per_node)
        hardware = self.hardware and self.hardware.share(processes // nodes / self.processes_per_node)
        hosts, addresses = (names[node : node + nodes] for names in (self.hosts, self.addresses))
        # Together, since what is made is checked.
        return replace(
            self,
            nodes=nodes,
            processes_per_node=processes // nodes,
            launches=1,
            accelerators_per_phase=None,
            hardware=hardware,
            hosts=hosts,
            addresses=addresses,
        )

    def part(self, processes: int) -> "Cluster":
        """What one phase runs on alone: so many processes of one node, or of whole nodes."""
        return self._alone(processes)

    @property
    def size(self) -> str:
        """In words: `2 processes with 1 thread each`, of each node where there are several."""
        if self.nodes > 1:
            return f"{self.nodes} nodes of {self._alone(self.processes_per_node).size}"
        threads = f"{self.threads_per_process} thread{'' if self.threads_per_process == 1 else 's'}"
        if self.processes_per_node == 1:
            return f"1 process with {threads}"
        return f"{self.processes_per_node} processes with {threads} each"

    @property
    def world_size(self) -> int:
        """Processes that work on one phase when it is launched alone."""
        return self.nodes * self.processes_per_node


@value
class Placement:
    """One phase's place: global batch = micro-batch x accumulation x world size, asserted when it is planned.

    With `checkpointing`, activations of a layer are computed again in the backward pass instead of being kept. Between
    two checkpoints of a training lie at most `checkpoint_interval_s`, and less where failures are frequent.
    """

    accelerator: Accelerator
    world_size: PositiveInt
    stage: Annotated[int, Field(ge=0, le=3)]
    strategy: str
    micro_batch: PositiveInt
    accumulation: PositiveInt
    token_budget: PositiveInt
    collective_timeout_s: PositiveInt
    data_folder: str | None = None
    checkpointing: bool = False
    checkpoint_interval_s: PositiveFloat = 600.0
    seconds_between_failures: PositiveFloat = 3.6e6
