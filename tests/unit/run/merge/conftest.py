"""Two run folders to merge, and a watch over them: no merge may change its sources."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Snapshot = dict[str, tuple[int, bytes | None]]


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    return [tmp_path / "one", tmp_path / "two"]


@pytest.fixture(autouse=True)
def unchanged(sources: list[Path]) -> Iterator[Callable[[], None]]:
    """What is in the sources once the test says so is still in them at its end."""
    before: dict[Path, Snapshot] = {}
    yield lambda: before.update((source, _snapshot(source)) for source in sources if source.exists())
    for source, found in before.items():
        assert _snapshot(source) == found


def _snapshot(folder: Path) -> Snapshot:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }
