"""The one sentence that the command line ends in for each bad sweep, line, data file and strategy."""

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.files.layout import folders
from tests.unit.sweeps import SCRATCH, SWEEP

JOSHI = SCRATCH + "split: {by: joshi}\n"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("epochs:", "epocs:", "sweep.yaml: unknown key 'epocs'; did you mean 'epochs'?"),
        ("[{task: toy_senses", "[tooy, {task: toy_senses", "there is no task or suite 'tooy'; did you mean 'toy'?"),
        ("[toy_qa]", "[toy_aq]", "there is no task 'toy_aq'; did you mean 'toy_qa'?"),
        ("[1, 2]", "-1", "'epochs.0' is -1, but it should be greater than 0"),
        ("batch_size: 16\n", "batch_size: [16, 32]\n", "batch_size is swept, so say what it holds"),
        (
            "batch_size: 16\n",
            "batch_size: 15\n",
            "batch size 15: 2 processes cannot share it equally; nearest: 14 or 16",
        ),
        ("xlm_r/base", "xlm_r/bass", "there is no model 'xlm_r/bass'; did you mean 'xlm_r/base'?"),
        ("name: made", "name: made\nstrategy: zero5", "no memory strategy 'zero5'"),
        ("name: made", "name: made\ncluster: locale", "did you mean 'local'?"),
    ],
)
def test_bad_sweeps_end_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, sentence: str
) -> None:
    assert old in SWEEP
    (folder / "sweep.yaml").write_text(SWEEP.replace(old, new, 1))
    assert main(["run", "sweep.yaml"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("harness: error: ")
    assert sentence in said
    assert said.count("\n") == 1
    assert folders(folder / "runs") == ()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("run nowhere.yaml", "nowhere.yaml: cannot be read (No such file or directory); expected a sweep file"),
        ("run sweep.yaml --data nowhere", "nowhere: no such data folder"),
        ("run sweep.yaml --cluster nowhere.yaml", "expected a cluster file"),
        ("status", "runs: no such run folder; start a sweep with `harness run`"),
        ("retry", "retry what?"),
        ("data toy_aq", "there is no task 'toy_aq'; did you mean 'toy_qa'?"),
        (
            "data modells",
            "data takes a task or status, fetch, tasks, models; there is no task 'modells'; did you mean 'models'",
        ),
        ("data udpos --data nowhere", "nowhere: no such data folder"),
        ("data udpos --rows 0", "--rows is 0; at least 1 row"),
        ("plan sweep.yaml --runs sweep.yaml", "sweep.yaml: is no folder, so no runs can lie there; name another with"),
        ("plan sweep.yaml --runs sweep.yaml/runs", "sweep.yaml: is no folder, so no runs can lie there"),
        ("sync sweep.yaml --mlflow mlruns", "--mlflow mlruns: is no address of an MLflow; expected an address such as"),
        ("sync sweep.yaml --to file:///mlruns", "--to file:///mlruns: is no address of an MLflow"),
        ("sync sweep.yaml --to=", "--to '': is no address of an MLflow"),
        ("sync sweep.yaml --to sqlite:///", "--to sqlite:///: names no file"),
        ("sync sweep.yaml --to sqlite:///:memory:", "--to sqlite:///:memory:: names no file"),
        ("sync sweep.yaml --to sqlite://view.db", "--to sqlite://view.db: names no file"),
        ("run real.yaml", "task 'udpos': the train rows of 'en' are not at hand: expected ud-treebanks-v2.5/UD_"),
    ],
)
def test_bad_lines_end_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], line: str, sentence: str
) -> None:
    assert main(line.split()) == 2
    assert sentence in capsys.readouterr().err


def test_a_missing_data_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "data").mkdir()
    assert main(["run", "real.yaml", "--data", "data"]) == 2
    said = capsys.readouterr().err
    assert "expected ud-treebanks-v2.5/UD_*/en_*-ud-train*.conllu or" in said
    assert "other places, below" in said


def test_a_cut_off_data_file_is_named(folder: Path, data_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("anli/ANLI_analysis_r1_dev.csv", "udpos_xtreme/train-en.tsv", "udpos_xtreme/dev-en.tsv"):
        copy = folder / "data" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((data_folder / name).read_bytes())
    cut = folder / "data" / "udpos_xtreme" / "dev-af.tsv"
    cut.write_bytes((data_folder / "udpos_xtreme" / "dev-af.tsv").read_bytes()[:-10])
    assert main(["run", "real.yaml", "--data", "data"]) == 2
    said = capsys.readouterr().err
    assert "dev-af.tsv" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("key", ["train_batch_size", "optimizer", "scheduler", "gradient_clipping"])
def test_a_strategy_says_only_how_memory_is_used(folder: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    assert planned_with_strategy(folder, {"zero_optimization": {"stage": 1}, key: 1}) == 2
    assert f"mine.json: '{key}' is not a memory setting" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("strategy", "sentence"),
    [
        ([], "mine.json: it holds [], but it should be a mapping"),
        ({}, "mine.json: 'zero_optimization' is missing"),
        ({"zero_optimization": 3}, "mine.json: 'zero_optimization' is 3, but it should be a mapping"),
        ({"zero_optimization": {"stage": 7}}, "mine.json: 'zero_optimization.stage' is 7"),
    ],
)
def test_a_malformed_strategy_ends_in_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], strategy: object, sentence: str
) -> None:
    assert planned_with_strategy(folder, strategy) == 2
    assert sentence in capsys.readouterr().err


def planned_with_strategy(folder: Path, strategy: object) -> int:
    (folder / "jobs").mkdir()
    (folder / "jobs" / "clusters").symlink_to(folder / "clusters")
    (folder / "jobs" / "sweep.yaml").write_text(SWEEP.replace("name: made", "name: made\nstrategy: mine"))
    (folder / "ds_configs").mkdir()
    (folder / "ds_configs" / "mine.json").write_text(json.dumps(strategy))
    return main(["plan", "jobs/sweep.yaml"])


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_split_that_the_report_could_not_make_is_told_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (folder / "sweep.yaml").write_text(JOSHI)
    assert main([command, "sweep.yaml"]) == 2
    assert "split: language 'ha' has no Joshi class; write `split: {by: size}`" in capsys.readouterr().err
    assert folders(folder / "runs") == ()
