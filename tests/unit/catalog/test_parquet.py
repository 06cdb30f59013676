"""The reader of Parquet files: what it gives, and what it refuses."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hub_files import from_hub, put

from harness.catalog.sources import parquet
from harness.files.mirror import MANIFEST, Manifest, Mirrored, data_folder, write_manifest
from harness.spec.errors import HarnessError

REVISION = "ab" * 20


def test_files_of_the_hubs_own_library_are_read(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {
            "tokens": datasets.List(datasets.Value("string")),
            "ner_tags": datasets.List(datasets.ClassLabel(names=["O", "X"])),
        }
    )
    rows = datasets.Dataset.from_dict({"tokens": [["a"]], "ner_tags": [[1]]}, features=features)
    rows.to_parquet(tmp_path / "rows.parquet")
    read = list(parquet.read([tmp_path / "rows.parquet"], columns=("ner_tags",), classes={"ner_tags": ("O", "X")}))
    assert [record.fields for record in read] == [{"ner_tags": ["X"]}]
    with pytest.raises(HarnessError, match="the classes of 'ner_tags' are O, X; expected O, Y"):
        list(parquet.read([tmp_path / "rows.parquet"], columns=("ner_tags",), classes={"ner_tags": ("O", "Y")}))


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"premise": ["A"], "label": [0]}, "rows.parquet: has no column 'hypothesis'; found premise, label"),
        ({"premise": ["A"], "hypothesis": ["B"], "label": [3]}, "row 1: class 3; expected 0 to 2, or -1 where hidden"),
        ({"premise": [None], "hypothesis": ["B"], "label": [0]}, "row 1: 'premise' is None; expected text"),
        ({"premise": ["A"], "hypothesis": ["B"], "label": [-1]}, "unknown label ''"),
    ],
)
def test_what_is_not_such_a_table_is_named(columns, sentence, tmp_path):
    with pytest.raises(HarnessError, match=sentence):
        from_hub("xnli", "dev", put(tmp_path / "rows.parquet", columns))


def test_a_cut_off_file_is_named(tmp_path):
    whole = put(tmp_path / "rows.parquet", {"premise": ["A"], "hypothesis": ["B"], "label": [0]}).read_bytes()
    for part in (b"", whole[: len(whole) // 2]):
        (tmp_path / "cut.parquet").write_bytes(part)
        with pytest.raises(HarnessError, match=r"cut.parquet: is not a whole Parquet file \("):
            from_hub("xnli", "dev", tmp_path / "cut.parquet")


@pytest.fixture
def mirrored(tmp_path) -> Path:
    """One file in a mirror, with its manifest."""
    folder = tmp_path / data_folder("facebook/made", REVISION)
    file = put(folder / "de" / "dev-00000-of-00001.parquet", {"label": [1]})
    content = Mirrored(hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size)
    write_manifest(folder, Manifest("facebook/made", REVISION, {"de/dev-00000-of-00001.parquet": content}))
    return file


def test_a_mirrored_file_is_held_against_its_manifest(mirrored):
    assert [record.fields for record in parquet.read([mirrored], columns=("label",))] == [{"label": 1}]
    content = mirrored.read_bytes()
    mirrored.write_bytes(content[:-1] + b"x")
    with pytest.raises(HarnessError, match=r"de/dev-00000-of-00001.parquet: is damaged: its SHA-256 begins with"):
        list(parquet.read([mirrored], columns=("label",)))
    mirrored.write_bytes(content[:-1])
    with pytest.raises(HarnessError, match=r"has [\d,]+ bytes; expected [\d,]+ bytes as fetched"):
        list(parquet.read([mirrored], columns=("label",)))


def test_a_file_without_a_finished_fetch_is_refused(mirrored):
    other = mirrored.with_name("test-00000-of-00001.parquet")
    other.write_bytes(mirrored.read_bytes())
    with pytest.raises(HarnessError, match=r"test-00000-of-00001.parquet: is not in .*manifest.json, so its fetch"):
        list(parquet.read([other], columns=("label",)))
    (mirrored.parents[1] / MANIFEST).unlink()
    with pytest.raises(HarnessError, match="did not end; `harness data fetch` again"):
        list(parquet.read([mirrored], columns=("label",)))


def test_planning_loads_no_reader_of_parquet():
    code = "import sys, harness.cli; from harness.catalog import find; [find.task(n) for n in find.task_names()]; "
    loaded = "print([name for name in ('pyarrow', 'huggingface_hub', 'datasets') if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code + loaded], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
