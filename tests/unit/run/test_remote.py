"""Launches on several hosts: agents through a remote shell that is played, asked to end, lost and started again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.run.child import Command, worker_environment
from harness.run.hosts import agent, remote
from harness.run.launch import deepspeed, deepspeed_hostfile, torchrun
from harness.run.scripts import left, script
from harness.spec.cluster import Cluster
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml

Until = Callable[[Callable[[], object]], None]
# The first puts its words together as ssh does, for a shell to take apart; the second starts them as they are.
EMPTY = 'exec env -i PATH="$PATH"'  # nothing of this environment is there
SHELLS = {"ssh": f'#!/bin/sh\nshift\n{EMPTY} sh -c "$*"\n', "exec": f'#!/bin/sh\nshift\n{EMPTY} "$@"\n'}
OBEYS = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda number, frame: (print("asked", flush=True), sys.exit(1)))
print("began", sys.argv[1:], os.environ.get("SAID"), os.environ.get("HF_TOKEN"), flush=True)
while True: time.sleep(0.05)
"""


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A remote shell for hosts that are all this one."""
    path = tmp_path / request.param
    path.write_text(SHELLS[request.param])
    path.chmod(0o755)
    return str(path)


def started(shell: str, *command: str, restarts: int = 0) -> "subprocess.Popen[str]":
    cluster = Cluster("c", nodes=2, processes_per_node=1, hosts=("a", "b"), remote_shell=(shell,))
    words = remote.command(cluster, command, ["SAID"], restarts)
    environment = {**os.environ, "SAID": "it's said", "HF_TOKEN": "verysecret"}
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def children(launch: "subprocess.Popen[str]", mark: str) -> list[psutil.Process]:
    family = psutil.Process(launch.pid).children(recursive=True)
    return [one for one in family if mark in " ".join(one.cmdline()) and "agent.py" not in " ".join(one.cmdline())]


def lines(launch: "subprocess.Popen[str]", number: int) -> list[str]:
    assert launch.stdout
    return [launch.stdout.readline().rstrip() for _ in range(number)]


def test_every_host_runs_the_command_with_its_own_rank_and_what_is_said_bears_its_name(shell: str) -> None:
    code = "import os, sys; print(*sys.argv[1:], os.environ['SAID'], os.environ.get('HF_TOKEN'))"
    launch = started(shell, sys.executable, "-c", code, "{rank} {first} {address}", "is_host={first}", "{other}")
    assert launch.wait(60) == 0
    said = sorted(lines(launch, 2))
    assert said == [
        "[a] 0 1 a is_host=1 {other} it's said None",
        "[b] 1 0 a is_host=0 {other} it's said None",
    ]


def test_the_first_failure_ends_the_others_and_gives_its_code(shell: str, tmp_path: Path) -> None:
    code = f"import sys, time; time.sleep(600 * (1 - int(sys.argv[1]))); sys.exit(7) # {tmp_path}"
    launch = started(shell, sys.executable, "-c", code, "{rank}")
    assert launch.wait(60) == 7
    assert not [one for one in psutil.process_iter() if str(tmp_path) in " ".join(_words(one)) and "-c" in _words(one)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_request_reaches_every_host_and_is_answered_with_75(shell: str, number: signal.Signals) -> None:
    launch = started(shell, sys.executable, "-c", OBEYS.replace("signal.SIGTERM", f"signal.{number.name}"))
    assert all("began" in line for line in lines(launch, 2))
    launch.send_signal(number)
    assert launch.wait(60) == agent.REQUEUE
    assert sorted(lines(launch, 2)) == ["[a] asked", "[b] asked"]


def test_a_request_to_all_processes_of_a_launch_does_not_end_the_remote_shell_first(tmp_path: Path) -> None:
    """As the conductor asks; ssh would leave its agent behind, which still writes a checkpoint."""
    path = tmp_path / "left"
    path.write_text('#!/bin/sh\nshift\n"$@"\nexit $?\n')
    path.chmod(0o755)
    cluster = Cluster("c", nodes=1, processes_per_node=1, hosts=("a",), remote_shell=(str(path),))
    slow = OBEYS.replace("sys.exit(1)", "time.sleep(1), print('written', flush=True), sys.exit(1)")
    words = remote.command(cluster, (sys.executable, "-c", slow), [], 0)
    launch = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    lines(launch, 1)
    os.killpg(launch.pid, signal.SIGTERM)
    assert launch.wait(60) == agent.REQUEUE
    assert lines(launch, 2) == ["[a] asked", "[a] written"]


def test_agents_end_with_the_launch_that_started_them(shell: str, until: Until) -> None:
    launch = started(shell, sys.executable, "-c", OBEYS)
    lines(launch, 2)
    family = children(launch, "began")
    assert len(family) >= 2
    launch.kill()
    until(lambda: not any(_works(one) for one in family))


def test_what_an_agent_started_ends_also_where_the_agent_is_killed(until: Until) -> None:
    child = subprocess.Popen([sys.executable, agent.__file__, "sleep", "60"])
    until(lambda: psutil.Process(child.pid).children())
    (started,) = psutil.Process(child.pid).children()
    until(lambda: started.name() == "sleep")
    child.kill()
    child.wait()
    until(lambda: not started.is_running() or started.status() == psutil.STATUS_ZOMBIE)


def test_a_host_that_was_lost_is_started_again(shell: str, tmp_path: Path, until: Until) -> None:
    code = "import pathlib, sys, time\npath = pathlib.Path(sys.argv[1] + sys.argv[2])\n"
    code += "ran = path.exists()\npath.touch()\ntime.sleep(0 if ran else 600 * int(sys.argv[2]) + 3)"
    launch = started(shell, sys.executable, "-c", code, f"{tmp_path}/ran-", "{rank}", restarts=1)
    until((tmp_path / "ran-1").exists)
    for one in children(launch, f"{tmp_path}/ran- 1"):
        one.kill()
    assert launch.wait(60) == 0
    assert "host b was lost (its agent ended with 137); it is started again there" in lines(launch, 1)[0]


def test_a_host_that_is_lost_too_often_ends_the_launch(shell: str) -> None:
    code = "import os, sys, time\ntime.sleep(600 * (1 - int(sys.argv[1]))); os.kill(os.getpid(), 9)"
    launch = started(shell, sys.executable, "-c", code, "{rank}", restarts=1)
    assert launch.wait(60) == 137
    assert lines(launch, 2)[1] == "harness: lost: host b was lost (its agent ended with 137) 2 times"


def test_the_first_host_takes_the_rendezvous_along(shell: str) -> None:
    code = "import os, sys, time\ntime.sleep(600 * int(sys.argv[1])); os.kill(os.getpid(), 9)"
    launch = started(shell, sys.executable, "-c", code, "{rank}", restarts=3)
    assert launch.wait(60) == 137
    assert "host a was lost (its agent ended with 137), and with it the rendezvous" in lines(launch, 1)[0]


def test_a_host_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ssh"
    path.write_text('#!/bin/sh\necho "Could not resolve hostname $1" >&2; exit 255\n')
    path.chmod(0o755)
    launch = started(str(path), "true")
    assert launch.wait(60) == 1
    assert "harness: error: host a: nothing can be started there by" in (said := lines(launch, 1)[0])
    assert "Could not resolve hostname a" in said


def test_an_agent_alone_passes_signals_on_and_codes_back() -> None:
    words = (sys.executable, agent.__file__, sys.executable, "-c")
    assert subprocess.run((*words, "raise SystemExit(5)"), check=False).returncode == 5
    assert subprocess.run((*words, "import os; os.kill(os.getpid(), 9)"), check=False).returncode == 137
    asked = subprocess.Popen((*words, OBEYS), stdout=subprocess.PIPE, text=True)
    lines(asked, 1)
    asked.terminate()
    assert asked.wait(60) == agent.REQUEUE


CLUSTER = Cluster(
    "c",
    nodes=2,
    processes_per_node=2,
    hosts=("a", "b"),
    addresses=("10.0.0.1", "10.0.0.2"),
    network_interface="ib0",
)
WORKER = ("harness.worker", "--owner", "me", "/runs/a")


def test_agents_of_torchrun_meet_at_the_first_host() -> None:
    command = torchrun.command(WORKER, CLUSTER)
    text = " ".join(command.arguments)
    assert "--hosts a,b --shell ssh --addresses 10.0.0.1,10.0.0.2" in text
    assert "--nnodes 2 --nproc-per-node 2 --rdzv-backend c10d --rdzv-endpoint {address}:{port}" in text
    assert "--rdzv-conf is_host={first}" in text
    assert command.environment["GLOO_SOCKET_IFNAME"] == command.environment["NCCL_SOCKET_IFNAME"] == "ib0"
    assert command.environment["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] == "1"
    assert "SIGUSR1" in command.environment["PET_SIGNALS_TO_HANDLE"]
    assert command.arguments[-4:] == WORKER


def test_two_launches_do_not_meet_each_other() -> None:
    ids = {one[one.index("--rdzv-id") + 1] for one in (torchrun.command(WORKER, CLUSTER).arguments for _ in range(2))}
    assert len(ids) == 2


def test_the_example_of_hosts_is_reached_by_pdsh_as_it_says() -> None:
    path = Path(__file__).parents[3] / "jobs" / "clusters" / "hosts_a100.yaml"
    cluster: Cluster = from_yaml(Cluster, path.read_text(), str(path))
    deepspeed_hostfile.check(cluster)
    environment = deepspeed_hostfile.command(WORKER, cluster).environment
    assert environment["PDSH_SSH_ARGS_APPEND"] == "-o BatchMode=yes -o ServerAliveInterval=15"


def test_a_share_of_one_host_is_launched_there_alone() -> None:
    share = Cluster("c", "cuda", nodes=2, processes_per_node=4, launches=4, hosts=("a", "b")).share(3)
    command = deepspeed.command(WORKER, share)
    assert "--hosts b " in " ".join(command.arguments)
    assert "b:2,3" in command.arguments  # whatever CUDA_VISIBLE_DEVICES says, DeepSpeed names them anew
    assert list(command.files.values()) == ["b slots=4\n"]
    assert command.environment["CUDA_VISIBLE_DEVICES"] == "2,3"


def test_a_hostfile_launch_has_its_environment_in_a_file(tmp_path: Path) -> None:
    command = left(deepspeed_hostfile.command(WORKER, CLUSTER), tmp_path, "one")
    beside = tmp_path / "launches" / "one"
    assert beside.with_suffix(".hosts").read_text() == "a slots=2\nb slots=2\n"
    assert "GLOO_SOCKET_IFNAME=ib0\n" in beside.with_suffix(".env").read_text()
    assert command.environment["DS_ENV_FILE"] == f"{beside}.env"
    assert "--master_addr 10.0.0.1" in " ".join(command.arguments)


@pytest.mark.parametrize(
    ("launcher", "cluster", "sentence"),
    [
        (torchrun, Cluster("c", nodes=2), "2 nodes, but no hosts; name them with `hosts`"),
        (deepspeed, Cluster("c", nodes=2), "2 nodes, but no hosts"),
        (deepspeed_hostfile, Cluster("c"), "no hosts; name them"),
        (deepspeed_hostfile, Cluster("c", hosts=("a",), remote_shell=("rsh",)), "remote_shell is rsh"),
        (deepspeed_hostfile, Cluster("c", hosts=("a",), launches=2), "2 launches, but where one ends, deepspeed ends"),
    ],
)
def test_a_launcher_says_what_it_needs(launcher: object, cluster: Cluster, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        launcher.check(cluster)  # type: ignore[attr-defined]


@pytest.mark.parametrize(("tasks", "refused"), [("8", True), ("4(x2)", True), ("1(x2)", False), ("1", False)])
def test_deepspeed_is_refused_where_each_of_several_tasks_would_start_it(
    monkeypatch: pytest.MonkeyPatch, tasks: str, refused: bool
) -> None:
    monkeypatch.setenv("SLURM_STEP_TASKS_PER_NODE", tasks)
    if not refused:
        deepspeed.check(Cluster("c"))
        return
    with pytest.raises(HarnessError, match="tasks per node of an srun, and each would start all processes"):
        deepspeed.check(Cluster("c"))


def test_a_launch_leaves_a_script_that_does_the_same(tmp_path: Path) -> None:
    words = (sys.executable, "-c", "import os, sys; print(os.getcwd(), os.environ['A'], sys.argv[1:])")
    left(Command((*words, "--owner", "me", "/runs/b c"), {"A": "it's"}), tmp_path, "one")
    done = subprocess.run(["bash", tmp_path / "launches" / "one.sh"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path} it's ['/runs/b c']\n"  # by hand, leases are another's


def test_no_secret_of_the_environment_reaches_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "verysecret")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "verysecret")
    for launcher in (torchrun, deepspeed, deepspeed_hostfile):
        command = launcher.command(WORKER, CLUSTER)
        assert "verysecret" not in script(command, Path("/runs"), "one") + json.dumps(dict(command.files))


def test_hosts_have_the_accelerators_that_the_cluster_says_whatever_this_host_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5")
    cluster = Cluster("c", "cuda", nodes=2, processes_per_node=4, hosts=("a", "b"))
    assert worker_environment(cluster)["CUDA_VISIBLE_DEVICES"] == "0,1,2,3"


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def _works(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_mistake_ends_the_launch_before_an_agent_starts_its_processes_again(shell: str) -> None:
    code = "import sys, time\nif sys.argv[1] == '1': print('harness: error: no such task', flush=True)\ntime.sleep(600)"
    launch = started(shell, sys.executable, "-c", code, "{rank}", restarts=3)
    assert launch.wait(60) == 1
    assert lines(launch, 1) == ["[b] harness: error: no such task"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("-oProxyCommand=x", "'hosts.0' is .*, but it should be a word without"),
        ("a b", "'hosts.0' is .*, but it should be a word without"),
        ("a,b", "but it should have no comma; give each host an entry"),
    ],
)
def test_a_host_has_a_name_that_needs_no_quotes(name: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        from_yaml(Cluster, f"{{name: c, hosts: ['{name}']}}", "c.yaml")


def test_what_is_no_text_stops_no_host(shell: str) -> None:
    code = "import os, sys; os.write(1, b'\\xff\\n' * 50000); print('ended', flush=True)"
    launch = started(shell, sys.executable, "-c", code)
    said, _ = launch.communicate(timeout=60)
    assert launch.returncode == 0
    assert said.count("ended") == 2


def test_what_does_not_end_is_ended_with_all_its_processes(shell: str, tmp_path: Path, until: Until) -> None:
    """As torchrun's processes are, in sessions of their own."""
    stubborn = "import signal, sys, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    child = f"import time; time.sleep(600) # {tmp_path}"
    code = f"import subprocess\nsubprocess.Popen([sys.executable, '-c', {child!r}], start_new_session=True)\n"
    code += "print('began', flush=True)\ntime.sleep(600)"
    cluster = Cluster("c", nodes=1, processes_per_node=1, grace_s=1, hosts=("a",), remote_shell=(shell,))
    words = list(remote.command(cluster, (sys.executable, "-c", stubborn + code), [], 0))
    words[words.index("--grace") + 1] = "1"
    launch = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines(launch, 1)
    launch.kill()
    until(lambda: not [one for one in psutil.process_iter() if str(tmp_path) in " ".join(_words(one))])
