"""A sweep of many small phases under random kills: every phase is done once, and all scores are as without."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.files.layout import folders
from tests.faults.chaos import Chaos, ends, line, progress

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

HERE = Path(__file__).parent
# One launch at a time on as many threads: then losses and scores are equal to the last bit.
CLUSTER = """
name: local
accelerator: cpu
processes_per_node: 2
threads_per_process: 1
checkpoint_interval_s: 1
"""
KILLS = 7


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    jobs = tmp_path_factory.mktemp("jobs")
    (jobs / "clusters").mkdir()
    (jobs / "clusters" / "local.yaml").write_text(CLUSTER)
    return Path(shutil.copy(HERE.parent / "end_to_end" / "small.yaml", jobs))


def test_a_sweep_under_fire_gives_what_an_undisturbed_one_gives(sweep: Path, tmp_path: Path) -> None:
    undisturbed, runs = tmp_path / "undisturbed", tmp_path / "chaos"
    subprocess.run(line(sweep, undisturbed), check=True, stdout=subprocess.DEVNULL)
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # shown where the test fails
    chaos = Chaos(seed, progress(undisturbed) / (4 * KILLS))  # all kills are due before the work can end
    status = chaos.under_fire(line(sweep, runs), runs, KILLS, tmp_path / "log")
    print(chaos)
    assert status == 0, (tmp_path / "log").read_text()[-3000:]
    assert chaos.kills.total() >= KILLS
    assert set(ends(runs).values()) == {1}
    assert _results(runs) == _results(undisturbed)
    repeated = [folder.record().repeated_steps for folder in folders(runs)]  # type: ignore[union-attr]
    assert sum(repeated) <= 6 * chaos.kills.total()  # no phase of the sweep takes longer than its checkpoint interval


def _results(runs: Path) -> dict[str, object]:
    """Outputs, costs and scores of every phase: what must not depend on what befell it."""
    found: dict[str, object] = {}
    for folder in folders(runs):
        record = folder.record()
        assert record
        scores = json.loads(folder.scores_file.read_text())["languages"] if folder.scores_file.exists() else None
        found[folder.path.name] = (record.outputs, record.cost.model, record.cost.steps, record.final_loss, scores)
    return found
