"""Where the tests of the catalogue find real files: beside the repository, or not at all."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "../shared/data"


@pytest.fixture
def real_data() -> Path:
    """The folder of real files in their published formats."""
    if not FOLDER.is_dir():
        pytest.skip("needs the published files in ../shared/data")
    return FOLDER.resolve()
