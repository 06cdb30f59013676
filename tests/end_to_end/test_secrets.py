"""Secrets of the environment and of addresses reach no file: a sweep with the real worker, and every byte looked at."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from harness.run.child import Command, launched

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CLUSTERS = Path(__file__).parents[2] / "jobs" / "clusters"
SWEEP = """
name: secrets
models: [{name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 90},
  text: [{task: toy_text, languages: [en], limit: 64}],
  pretrain: {duration: {unit: steps, amount: 2}, batch_size: 16, learning_rate: 1e-3}}]
intermediate: none
targets: [{task: toy_senses, languages: [en], limit: 20, train_limit: 32}]
recipe: {target: {toy_senses: {duration: {unit: steps, amount: 2}, batch_size: 16}}}
cluster: local
"""
SECRETS = {
    "HF_TOKEN": "hf_AbCdEfGhIjKlMnOpQrStUv",
    "MLFLOW_TRACKING_USERNAME": "somebody",
    "MLFLOW_TRACKING_PASSWORD": "correct-horse-battery",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
    "WANDB_API_KEY": "0123456789abcdef0123456789abcdef01234567",
}
IN_ADDRESS = "s3cr3t-in-the-address"


def test_no_secret_reaches_the_run_folder_or_what_is_said(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    (tmp_path / "clusters").mkdir()
    shutil.copy(CLUSTERS / "local.yaml", tmp_path / "clusters")
    (tmp_path / "secrets.yaml").write_text(SWEEP)
    said = _run(tmp_path, "--mlflow", f"http://me:{IN_ADDRESS}@127.0.0.1:9")
    assert "MLflow at http://***@127.0.0.1:9" in said
    said += _run(tmp_path)  # into a database, which is looked at, too
    secrets = [*(value for name, value in SECRETS.items() if "USERNAME" not in name), IN_ADDRESS]
    assert not [secret for secret in secrets if secret in said]
    files = [path for path in runs.rglob("*") if path.is_file()]
    assert len(files) > 30
    found = {(path, secret) for path in files for secret in secrets if secret.encode() in path.read_bytes()}
    assert not found
    with sqlite3.connect(runs / "mlflow.db") as database:
        assert database.execute("select count(*) from params").fetchone()[0] > 20


def test_a_failure_that_quotes_an_address_is_written_without_its_password(tmp_path: Path) -> None:
    """Through the process between a launch and its log, and into what a conductor takes from its last lines."""
    line = f"harness: error: cannot reach https://me:{IN_ADDRESS}@host/x with {SECRETS['HF_TOKEN']}"
    command = Command((sys.executable, "-c", f"print({line!r})"), {})
    with launched(command, tmp_path / "logs" / "log", tmp_path) as launch:
        assert launch.wait(60) == 0
    assert launch.last_error == "cannot reach https://***@host/x with ***"
    assert (tmp_path / "logs" / "log").read_text() == "harness: error: cannot reach https://***@host/x with ***\n"


def _run(folder: Path, *more: str) -> str:
    line = [sys.executable, "-m", "harness.cli", "run", str(folder / "secrets.yaml"), "--runs", str(folder / "runs")]
    ended = subprocess.run([*line, *more], env={**os.environ, **SECRETS}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    return ended.stdout + ended.stderr
