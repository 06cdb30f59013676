"""The README's own sweep file can be planned as it stands."""

import re
from pathlib import Path

import pytest

from harness.cli_parser import parser
from harness.run.study import open_work

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_sweep_in_the_readme_plans(tmp_path: Path) -> None:
    (sweep,) = re.findall(r"```yaml\n(.*?)```", (CHECKOUT / "README.md").read_text(), flags=re.DOTALL)
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "clusters").symlink_to(CHECKOUT / "jobs" / "clusters")
    (tmp_path / "jobs" / "mine.yaml").write_text(sweep)
    work = open_work(tmp_path / "jobs" / "mine.yaml", None, tmp_path / "runs")
    assert {point.at.model for point in work.study.points} == {"xlm_r/base", "xlm_r/large"}
    assert any(point.at.control == "target_more" for point in work.study.points)


def test_every_command_in_the_readme_exists() -> None:
    named = set(re.findall(r"\.venv/bin/harness (\w+)", (CHECKOUT / "README.md").read_text()))
    assert named >= {"run", "plan", "status", "retry", "cancel", "gc", "score", "sync", "report"}
    for name in named:
        with pytest.raises(SystemExit) as ended:
            parser().parse_args([name, "--help"])
        assert ended.value.code == 0, name
