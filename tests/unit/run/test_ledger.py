"""What launches hold is counted whatever ends them, and a limit ends a command in good order."""

import json
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness import cli, cli_run
from harness.files.lease import read_lease
from harness.run.conduct import ledger
from harness.run.conduct.held import Account, AtWork, Held, append, at_work_file, held, hours
from harness.run.conduct.ledger import Ledger, Limit, SpentError
from harness.spec.errors import HarnessError
from harness.spec.load import dump

BOTH = {"intermediate__toy_qa": "wait", "intermediate__toy_polarity": "wait"}
AGES = Held("long-ago", "gone-1", (), 4, 0.0, 3600.0)


@pytest.mark.parametrize("how", ["", "fail", "say"])
def test_every_launch_is_counted_once_for_as_long_as_it_held_its_processes(stage: Any, how: str) -> None:
    stage.play(intermediate__toy_qa=how)
    began = time.monotonic()
    stage.conduct()
    rows = held(stage.runs)
    assert {f"{row.launch}.log" for row in rows} == {path.name for path in (stage.runs / "logs").iterdir()}
    assert {row.accelerators for row in rows} == {1}  # two launches share two processes
    assert 0 < 3600 * hours(rows) < 2 * (time.monotonic() - began)
    names = {state.folder.path.name for state in stage.states.values() if state.folder.journal_file.exists()}
    assert names <= {name for row in rows for name in row.phases}
    assert [path.name for path in (stage.runs / "ledger").iterdir()] == ["ended.jsonl"]


def test_at_the_limit_launches_are_ended_and_nothing_is_lost(stage: Any) -> None:
    stage.play(**BOTH)
    with pytest.raises(SpentError):
        stage.conduct(Limit(4 / 3600, {}))
    assert stage.statuses["running"] == stage.statuses["failed"] == 0
    assert not list(stage.runs.glob("*/lease.json"))
    assert not list((stage.runs / "conductors").glob("*"))
    assert 4 <= 3600 * hours(held(stage.runs)) < 30
    before = stage.performed
    with pytest.raises(SpentError):
        stage.conduct(Limit(4 / 3600, {}))
    assert stage.performed == before
    stage.play()
    stage.conduct(Limit(1.0, {}))
    assert stage.statuses == Counter(done=8)
    assert set(Counter(stage.performed).values()) <= {1, 2}


def test_what_earlier_commands_held_counts(stage: Any) -> None:
    append(stage.runs, [AGES])
    with pytest.raises(SpentError):
        stage.conduct(Limit(4.0, {}))
    assert stage.performed == []
    stage.conduct(Limit(4.1, {}))
    assert stage.statuses == Counter(done=8)


def test_a_launch_foreseen_to_take_more_than_is_left_is_told_once(stage: Any) -> None:
    append(stage.runs, [AGES])
    stage.conduct(Limit(5.0, {stage.folder("intermediate-toy_qa").id: 3.0}))
    assert stage.heard.said == [
        "warning: the next launch is planned to take 3 accelerator-hours, and 1 of 5 are left: it will be asked to end "
        "before"
    ]
    assert stage.statuses == Counter(done=8)


def test_what_outlives_its_conductor_goes_on_being_counted(stage: Any, until: Any) -> None:
    stage.play(**BOTH)
    command = stage.start()
    folders = [stage.folder(name.replace("__", "-")) for name in BOTH]
    until(lambda: all(folder.journal_file.exists() for folder in folders))
    workers = [psutil.Process(lease.pid) for folder in folders if (lease := read_lease(folder.lease_file))]
    command.kill()
    command.wait(30)
    known = hours(held(stage.runs))
    until(lambda: 3600 * (hours(held(stage.runs)) - known) > 1)
    for worker in workers:
        worker.kill()
    psutil.wait_procs(workers, timeout=30)
    until(lambda: not any(read_lease(folder.lease_file).live for folder in folders))
    known = hours(held(stage.runs))
    time.sleep(0.2)
    assert hours(held(stage.runs)) == known
    stage.play()
    launches = len(held(stage.runs))
    stage.conduct()
    assert len(held(stage.runs)) > launches == 2
    assert [path.name for path in (stage.runs / "ledger").iterdir()] == ["ended.jsonl"]


def test_a_torn_or_strange_row_takes_none_of_the_others_away(tmp_path: Path) -> None:
    append(tmp_path, [AGES])
    file = tmp_path / "ledger" / "ended.jsonl"
    with file.open("a") as entries:
        entries.write('{"held": 3}\n{"event": "other"}\n{"held": {"launch": "half')
    append(tmp_path, [Held("another", "gone-1", (), 2, 0.0, 1800.0)])
    at_work_file(tmp_path, "gone-2").write_text("{garb")
    assert hours(held(tmp_path)) == 5.0


def test_an_account_reads_what_is_new_and_leaves_a_line_that_is_being_written(tmp_path: Path) -> None:
    account = Account(tmp_path)
    assert account.held() == ()
    append(tmp_path, [AGES])
    assert hours(account.held()) == 4.0
    append(tmp_path, [Held("another", "gone-1", (), 2, 0.0, 1800.0)])
    whole = (tmp_path / "ledger" / "ended.jsonl").read_text()
    (tmp_path / "ledger" / "ended.jsonl").write_text(whole[:-10])
    assert hours(account.held()) == 4.0
    (tmp_path / "ledger" / "ended.jsonl").write_text(whole)
    assert hours(account.held()) == hours(held(tmp_path)) == 5.0


def test_a_launch_entered_twice_counts_once(tmp_path: Path) -> None:
    append(tmp_path, [AGES])
    append(tmp_path, [AGES])
    at_work_file(tmp_path, "gone-1").write_text(json.dumps(dump(AtWork((AGES,)))))
    assert hours(held(tmp_path)) == 4.0


def test_a_full_disk_at_the_end_of_a_launch_loses_no_count(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise HarnessError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "append", full)
        patched.setattr(ledger, "RENEWAL", 0.2)
        stage.conduct()
    kept = [path for path in (stage.runs / "ledger").iterdir() if path.suffix == ".json"]
    assert len(kept) == 1
    assert 3600 * hours(held(stage.runs)) > 0
    with Ledger(stage.runs, "next").kept():
        pass
    assert [path.name for path in (stage.runs / "ledger").iterdir()] == ["ended.jsonl"]
    assert {name for row in held(stage.runs) for name in row.phases} == {
        state.folder.path.name for state in stage.states.values()
    }


def test_the_command_ends_with_what_was_spent_and_how_to_go_on(
    stage: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli_run.launchers, "launcher", lambda name: stage.launcher)
    monkeypatch.setattr(cli_run, "check_models", lambda plan, data: None)  # the played worker reads none
    append(stage.runs, [AGES])
    line = ["run", str(stage.sweep), "--runs", str(stage.runs), "--mlflow", "http://127.0.0.1:1"]
    assert cli.main([*line, "--max-accelerator-hours", "4"]) == 3
    told = capsys.readouterr()
    assert told.err == (
        f"harness: --max-accelerator-hours 4 is reached: the launches of {stage.runs} have held 4; 8 of 8 phases are "
        "left; nothing finished is lost, the same command with a higher limit goes on from here\n"
    )
    assert "warning: MLflow at http://127.0.0.1:1" in told.out
    assert (stage.runs / "reports" / "made").is_dir()
    assert cli.main(["status", "--runs", str(stage.runs)]) == 0
    assert "1 launch has held 4 accelerator-hours" in capsys.readouterr().out


def test_a_limit_is_no_failure_of_what_is_finished(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_run.launchers, "launcher", lambda name: stage.launcher)
    monkeypatch.setattr(cli_run, "check_models", lambda plan, data: None)  # the played worker reads none
    stage.conduct()
    for state in stage.states.values():  # what the played worker predicts cannot be scored
        shutil.rmtree(state.folder.predictions, ignore_errors=True)
    monkeypatch.setattr("harness.run.conduct.loop.mend", lambda runs, plan, say: None)  # which would miss them
    append(stage.runs, [AGES])
    line = ["run", str(stage.sweep), "--runs", str(stage.runs), "--mlflow", "http://127.0.0.1:1"]
    assert cli.main([*line, "--max-accelerator-hours", "4"]) == 0


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf"])
def test_a_limit_is_a_number_of_hours(stage: Any, capsys: pytest.CaptureFixture[str], hours: str) -> None:
    line = ["run", str(stage.sweep), "--runs", str(stage.runs), f"--max-accelerator-hours={hours}"]
    assert cli.main(line) == 2
    assert "but it should be greater than 0, such as 100" in capsys.readouterr().err
    assert stage.performed == []
