"""A finished run folder that is to be projected, and an empty database to begin with: to make one takes seconds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.run.track.projection.connection import reach
from tests.unit.run.track.folder import SWEEP, Tracked, write_runs


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Put an empty database of MLflow's at a path."""
    made = tmp_path_factory.mktemp("empty") / "mlflow.db"
    reach(f"sqlite:///{made}").search_experiments()
    return lambda path: (path.parent.mkdir(parents=True, exist_ok=True), shutil.copy(made, path))[0]


@pytest.fixture
def tracked(tmp_path: Path, make: Any, empty: Callable[[Path], None]) -> Tracked:
    study = make.study(SWEEP)
    write_runs(tmp_path, study, make.results(study))
    for name in ("mlflow.db", "rebuilt.db"):
        empty(tmp_path / name)
    return Tracked(tmp_path, study)
