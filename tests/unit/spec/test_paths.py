"""Names in files that are read back: none of them can lead out of the folder that it is a name in."""

from typing import Any

import pytest

from harness.catalog import find
from harness.files.mirror import Manifest, Mirrored
from harness.run.exchange.imports import Copied
from harness.spec.errors import HarnessError
from harness.spec.load import build
from harness.spec.model import Pretrained
from harness.spec.paths import FileName, InnerPath
from harness.spec.record import Record
from harness.spec.task import Data, Part

OUT = ["../x", "a/../../x", "/etc/passwd", "..", ".", "", "a//b", "a/./b", "a\0b", "a\nb", "..\\x", "x" * 300]
RECORD = {"phase": "0", "slug": "s", "cost": {}, "environment": "", "finished": "now", "agreement": "exact"}


@pytest.mark.parametrize("name", OUT)
def test_a_path_that_leads_out_is_refused_wherever_one_is_read(name: str) -> None:
    whole = {"sha256": "0", "bytes": 1}
    for kind, data in (
        (Record, {**RECORD, "outputs": {name: "0"}}),
        (Manifest, {"repo": "a/b", "revision": "0", "files": {name: whole}}),
        (dict[str, InnerPath], {"encoder.weight": name}),
        (FileName, name),
        (Copied, {"name": name, "sha256": "0", "bytes": 1, "changed": 1}),
        (Part, {"language": name}),
        (Data, {"task": name, "version": 1, "format": "pair", "split": "train"}),
    ):
        with pytest.raises(HarnessError):
            build(kind, data, "a file")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a/b", ".hidden", "a\\b"])
def test_a_name_is_one_part_that_is_not_hidden(name: str) -> None:
    with pytest.raises(HarnessError):
        build(FileName, name, "a file")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["../secret/b", "a/../b", "/a/b", "a/b/c", ".a/b", "a/.."])
def test_a_repository_of_the_hub_is_no_path_out_of_the_mirror(name: str) -> None:
    with pytest.raises(ValueError, match="should match pattern"):
        Pretrained(name, None, find.model("xlm_r/base").architecture)


@pytest.mark.parametrize("name", ["weights/encoder-00001.safetensors", "predictions/zh-Hans.jsonl", "plain_text/ü b.x"])
def test_ordinary_paths_are_taken(name: str) -> None:
    made: Any = build(Record, {**RECORD, "outputs": {name: "0"}}, "a file")
    assert list(made.outputs) == [name]
    assert Manifest("a/b", "0", {name: Mirrored("0", 1)}).files
