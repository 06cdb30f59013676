"""The worker's entry where it cannot even be loaded."""

import os
import subprocess
import sys
from pathlib import Path

from harness.run.child import ERROR


def test_what_cannot_be_loaded_is_said_as_a_mistake(tmp_path: Path) -> None:
    """A launch that ends without a word is taken for lost, and tried again and again."""
    (tmp_path / "torch.py").write_text("raise ImportError('libcudart.so.12: cannot open shared object file')")
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    line = [sys.executable, "-m", "harness.worker", str(tmp_path)]
    ended = subprocess.run(line, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith(ERROR)
    assert "libcudart.so.12" in last
