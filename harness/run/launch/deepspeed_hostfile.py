"""Launch by the deepspeed launcher's own way to several hosts: a hostfile, and pdsh over ssh."""

import shlex
from collections.abc import Sequence

from harness.run.child import Command, path, worker_environment
from harness.run.hosts.agent import free_port
from harness.run.launch import deepspeed
from harness.run.scripts import BESIDE
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError

VARIABLES = f"{BESIDE}.env"


def command(worker: Sequence[str], cluster: Cluster) -> Command:
    """The launch of `worker`, a module and its arguments; on every host its environment is read from a file."""
    environment = worker_environment(cluster)
    address = (cluster.addresses or cluster.hosts)[0]
    # The port is free here; that it is on the first host, too, is likely.
    where = ("--hostfile", deepspeed.HOSTFILE, "--master_addr", address, "--master_port", str(free_port()))
    runner = (*deepspeed.RUNNER, *where, "--force_multi", *deepspeed.included(cluster, cluster.hosts))
    files = {
        deepspeed.HOSTFILE: deepspeed.hostfile(cluster, cluster.hosts),
        VARIABLES: "".join(f"{name}={text}\n" for name, text in {**environment, "PATH": path()}.items()),
    }
    said = {"DS_ENV_FILE": VARIABLES, "PDSH_SSH_ARGS_APPEND": " ".join(cluster.remote_shell[1:])}
    return Command((*runner, "--module", *worker), {**environment, **said}, files)


def check(cluster: Cluster) -> None:
    """Raise HarnessError without hosts, or where they would not be reached by ssh."""
    if not cluster.hosts:
        raise HarnessError(f"cluster '{cluster.name}': no hosts; name them with `hosts` in its file")
    program, *options = cluster.remote_shell
    if program != "ssh" or any(" " in option for option in options):
        raise HarnessError(
            f"cluster '{cluster.name}': remote_shell is {shlex.join(cluster.remote_shell)}, but deepspeed itself knows "
            "ssh alone, with options without blanks; use the launcher deepspeed or torchrun"
        )
    if cluster.launches > 1:
        raise HarnessError(
            f"cluster '{cluster.name}': {cluster.launches} launches, but where one ends, deepspeed ends whatever it "
            "started on its hosts, those of others, too; use the launcher deepspeed or torchrun, or leave out launches"
        )
    deepspeed.check(cluster)
