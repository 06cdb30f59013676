"""Where the tests of the catalogue find real files, beside the repository or not at all, and put made-up ones."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.catalog import find
from harness.catalog.sources.published import Files

FOLDER = Path(__file__).resolve().parents[3] / "../shared/data"


@pytest.fixture
def real_data() -> Path:
    """The folder of real files in their published formats."""
    if not FOLDER.is_dir():
        pytest.skip("needs the published files in ../shared/data")
    return FOLDER.resolve()


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a file below the data folder `tmp_path` and gives its path."""

    def write(path: str, text: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return file

    return write


@pytest.fixture
def uncounted() -> Callable[[str], Files]:
    """The source of a task, for files of a few rows."""

    def source(name: str) -> Files:
        files = find.task(name).source
        assert isinstance(files, Files)
        bare = (dataclasses.replace(layout, counts={}) for layout in files.layouts)
        return dataclasses.replace(files, layouts=tuple(bare))

    return source
