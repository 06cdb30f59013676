"""Memory within the limits of control groups."""

from pathlib import Path

import pytest

from harness.worker import room


def test_the_tightest_group_counts_and_the_page_cache_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "GROUPS", tmp_path)
    monkeypatch.setattr(room, "OWN", tmp_path / "own")
    monkeypatch.setattr(room.psutil, "virtual_memory", lambda: type("Memory", (), {"available": 10**12}))
    assert room.free_memory() == 10**12
    (tmp_path / "own").write_text("0::/job_7/step_0\n")
    for folder, limit in ((tmp_path / "job_7" / "step_0", "max"), (tmp_path / "job_7", "1000")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text("900\n")
        (folder / "memory.stat").write_text("anon 500\ninactive_file 300\nactive_file 100\n")
    assert room.free_memory() == 500
