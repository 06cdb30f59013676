"""`harness plan --power`: what a study could find, printed with all that was assumed, and for other programs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import main

SWEEP = """
name: powerful
models: [xlm_r/base]
intermediate: [anli]
epochs: [1, 10]
batch_size: 8
seeds: [1, 2, 3]
targets:
  - {task: udpos, languages: [en, af, eu, mr, te, de, fi, fr, es]}
  - {task: panx, languages: [en, af, mr, my, sw, de, fr, ru]}
  - {task: xquad, languages: [en, de, es]}
"""


@pytest.fixture
def powerful(folder: Path) -> Path:
    (folder / "powerful.yaml").write_text(SWEEP)
    return folder


def test_it_says_what_could_be_detected_and_what_that_rests_on(
    powerful: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "powerful.yaml", "--power"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Power: low- minus high-resource, points per tenfold compute, 80% power at 5%" in shown
    assert "languages: 6 low, 5 high, in 2 tasks that have both: udpos, panx" in shown
    assert "more seeds would help" in shown
    assert "assumed, not measured" in shown
    assert "no `analysis` block, so its defaults stand" in shown


def test_it_is_in_the_json(powerful: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block = "analysis: {difference: 4, power: {language: 3, run: 0.5}}\n"
    (powerful / "powerful.yaml").write_text(SWEEP + block)
    assert main(["plan", "powerful.yaml", "--power", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["power"]
    assert (found["difference"], found["spreads"]["language"], found["like"]) == (4, 3, None)
    planned, endless = found["cases"][0], found["cases"][4]
    assert planned["seeds"] == 3 and endless["seeds"] is None
    assert planned["detectable"] > endless["detectable"] > 0
    assert sum(found["shares"].values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (SWEEP.replace("[1, 10]", "1"), "one amount of compute has no slope"),
        (SWEEP.replace("intermediate: [anli]", "intermediate: []"), "no intermediate training is planned"),
    ],
)
def test_a_study_that_cannot_answer_says_why(
    powerful: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    (powerful / "powerful.yaml").write_text(text)
    assert main(["plan", "powerful.yaml", "--power"]) == 0
    assert f"Power: none to be had: {reason}" in capsys.readouterr().out


def test_a_pilot_that_is_not_finished_has_no_spreads(powerful: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "powerful.yaml", "--power", "--like", "powerful.yaml"]) == 0
    assert "Power: none to be had: powerful:" in capsys.readouterr().out
    assert main(["plan", "powerful.yaml", "--like", "powerful.yaml"]) == 2
    assert "--like names the finished sweep that --power takes its spreads from" in capsys.readouterr().err


def test_a_plan_without_it_stays_fast(powerful: Path) -> None:
    slow = ("numpy", "scipy", "statsmodels", "pandas")
    script = (
        "import sys; from harness.cli import main; main(['plan', 'powerful.yaml']); "
        f"print([name for name in {slow} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=powerful, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
