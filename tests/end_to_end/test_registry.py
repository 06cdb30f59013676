"""`harness register` on a server: what is uploaded through it is one version, whoever asks how often."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from harness.cli import main
from harness.spec.identity import identity
from tests.end_to_end.mlflow_server import served
from tests.unit.run.exchange.checkpoints import trained

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_model_is_registered_through_a_server_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / "runs"
    phase, _ = trained(runs, "pair")
    with served(f"sqlite:///{tmp_path}/server.db", tmp_path) as address:
        line = ["register", identity(phase), "--as", "ours", "--runs", str(runs), "--mlflow", address]
        for _ in range(2):
            assert main(line) == 0
        said = capsys.readouterr().out
        assert "ours, version 1: models:/ours/1\n" in said
        assert "ours, version 1 (as before): models:/ours/1\n" in said
        client = MlflowClient(tracking_uri=address)
        (version,) = client.search_model_versions("name = 'ours'")
        assert "# ours" in version.description
        there = Path(client.download_artifacts(version.run_id, "model", str(tmp_path)))
        assert {path.name for path in there.iterdir()} > {"README.md", "config.json", "model.safetensors"}
    assert not (runs / "mlflow.db").exists()
