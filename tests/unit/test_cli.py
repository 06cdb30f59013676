"""The command line: what it leaves unloaded, how it plans, and the one sentence for each bad input."""

import dataclasses
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness.catalog import find
from harness.cli import main
from harness.files.layout import folders
from harness.spec.errors import HarnessError

CHECKOUT = Path(__file__).resolve().parents[2]
CLUSTER = "{name: local, accelerator: cpu, processes_per_node: 2, launches: 2}\n"
SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [toy_qa]
epochs: [1, 2]
batch_size: 16
targets: [{task: toy_senses, languages: [en], limit: 20, train_limit: 32}]
recipe: {target: {toy_senses: {batch_size: 16}}}
"""
REAL = """
name: real
models: [xlm_r/base]
intermediate: [anli]
epochs: 1
batch_size: 16
targets: [{task: udpos, languages: [en, af], split: dev}]
"""

SCRATCH = """
name: scratch
models: [{name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 90}, text: [{task: toy_text}],
  pretrain: {duration: {unit: epochs, amount: 1}, batch_size: 16, learning_rate: 1e-3}}]
intermediate: [toy_qa]
epochs: 1
batch_size: 16
targets: [{task: toy_senses, languages: [en, ha]}]
split: {by: joshi}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "clusters").mkdir()
    (tmp_path / "clusters" / "local.yaml").write_text(CLUSTER)
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    (tmp_path / "real.yaml").write_text(REAL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_control_side_starts_without_what_is_slow() -> None:
    slow = ["torch", "transformers", "deepspeed", "mlflow", "scipy", "matplotlib"]
    script = f"import sys, harness.cli; print([name for name in {slow} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_a_plan_counts_what_is_shared_and_estimates_its_cost(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "sweep.yaml", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert len(plan["points"]) == 3
    assert plan["provisional"] is False
    assert Counter(phase["kind"] for phase in plan["phases"]) == Counter(intermediate=2, target=3, evaluate=3)
    first, second = (phase for phase in plan["phases"] if phase["kind"] == "intermediate")
    assert second["flops"] == 2 * first["flops"] > 0
    assert {tuple(phase["batch"]) for phase in plan["phases"] if phase["batch"]} == {(8, 1, 2)}
    assert {(phase["status"], phase["reason"]) for phase in plan["phases"]} == {("pending", "no record")}


def test_a_bill_says_whence_its_rates_are_though_no_phase_has_a_known_size(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = "name: unsized\nmodels: [xlm_r/base]\nintermediate: []\ntargets: [tatoeba_raw]\n"
    (folder / "unsized.yaml").write_text(sweep)
    file = CHECKOUT / "jobs" / "clusters" / "h100_8.yaml"
    assert main(["plan", "unsized.yaml", "--cluster", str(file)]) == 0
    assert "Times: assumed: 40% of h100_sxm's 67 dense TFLOP/s in fp32" in capsys.readouterr().out


def test_who_reads_a_plan_may_stop_reading(folder: Path) -> None:
    line = [
        sys.executable,
        "-c",
        "from harness.cli import main; raise SystemExit(main())",
        "plan",
        "sweep.yaml",
        "--json",
    ]
    plan = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder)
    assert plan.stdout and plan.stderr
    plan.stdout.close()
    assert plan.wait(60) == 1
    assert plan.stderr.read() == b""


def test_a_plan_without_data_says_that_ids_will_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "real.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "ids are provisional" in shown
    assert "global batch 16 = micro-batch 8 x accumulation 1 x world size 2" in shown
    assert "up to 2 launches at once; side by side, each has 1 process with 1 thread" in shown
    assert "FLOPs to come are an estimate" in shown
    assert "in choice 4 choices a row" in shown
    assert "≤" not in shown


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
    (folder / "sweep.yaml").write_text(SCRATCH)
    assert main([command, "sweep.yaml"]) == 2
    assert "split: language 'ha' has no Joshi class; write `split: {by: size}`" in capsys.readouterr().err
    assert folders(folder / "runs") == ()


def test_a_model_that_nobody_pinned_can_be_planned_but_not_run(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = find.model("xlm_r/base")
    monkeypatch.setattr(find, "model", lambda name: dataclasses.replace(pinned, revision=None))
    assert main(["plan", "real.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unpinned"] == [pinned.hub_id]
    assert main(["plan", "real.yaml"]) == 0
    assert f"The revision of {pinned.hub_id} is not pinned, so ids are provisional" in capsys.readouterr().out
    assert main(["run", "real.yaml"]) == 2
    assert f"model '{pinned.hub_id}': its revision is not pinned" in capsys.readouterr().err
    assert folders(folder / "runs") == ()


def test_orphans_are_not_told_by_provisional_ids(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "runs" / "0123456789ab-target-udpos").mkdir(parents=True)
    (folder / "runs" / "0123456789ab-target-udpos" / "phase.json").write_text("{}")
    assert main(["gc", "real.yaml", "--orphans", "--yes"]) == 2
    assert "real.yaml: some of its data are not at hand, so its phases cannot be told" in capsys.readouterr().err
    assert len(folders(folder / "runs")) == 1


def test_folders_with_a_damaged_phase_are_named_and_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "runs" / "0123456789ab-target-udpos").mkdir(parents=True)
    (folder / "runs" / "0123456789ab-target-udpos" / "phase.json").write_text("{garb")
    for line in ("status", "gc --weights"):
        assert main(line.split()) == 0
        assert "left out: runs/0123456789ab-target-udpos/phase.json: not complete JSON" in capsys.readouterr().out


def test_a_task_is_shown_without_a_run_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "toy_senses", "--rows", "1"]) == 0
    shown = capsys.readouterr().out
    assert "toy_senses: format tagging, metric tagging_f1" in shown
    assert "zc, row 0" in shown
    assert "row 1" not in shown
    assert not (folder / "runs").exists()


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(
        name in shown
        for name in (
            "run",
            "plan",
            "status",
            "logs",
            "retry",
            "cancel",
            "gc",
            "merge",
            "diff",
            "score",
            "report",
            "data",
        )
    )


def test_options_are_given_in_full(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`run --rest` would start itself again and again: the line that it hands on is without `--restart` only."""
    with pytest.raises(SystemExit) as ended:
        main(["run", "--rest", "made.yaml"])
    assert ended.value.code == 2
    assert "--rest" in capsys.readouterr().err


def test_smoke_has_no_limit_of_its_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--smoke", "--max-accelerator-hours", "3", "made.yaml"]) == 2
    assert "leave it out beside --smoke" in capsys.readouterr().err


def test_smoke_asks_for_models_before_it_launches(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away(*_: object) -> None:
        raise HarnessError("the hub is away")

    monkeypatch.setattr("harness.cli_run.check_models", away)
    (folder / "made.yaml").write_text(SWEEP)
    assert main(["run", "--smoke", "made.yaml"]) == 2
    assert "the hub is away" in capsys.readouterr().err
    assert not (folder / "runs" / ".smoke").exists()
