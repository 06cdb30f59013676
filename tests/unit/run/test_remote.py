"""Agents on several hosts, through a remote shell that is played: started, asked to end, lost and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.run.hosts import agent, remote
from harness.spec.cluster import Cluster

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


def test_a_mistake_ends_the_launch_before_an_agent_starts_its_processes_again(shell: str) -> None:
    code = "import sys, time\nif sys.argv[1] == '1': print('harness: error: no such task', flush=True)\ntime.sleep(600)"
    launch = started(shell, sys.executable, "-c", code, "{rank}", restarts=3)
    assert launch.wait(60) == 1
    assert lines(launch, 1) == ["[b] harness: error: no such task"]


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
