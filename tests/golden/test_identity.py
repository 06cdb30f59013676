"""Law 3: ids come from typed fields alone. After a wanted change: `python -m tests.golden.write_ids`, and say why."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.spec.identity import identity
from harness.spec.load import dump, from_json
from harness.spec.phase import Phase, Train
from harness.spec.task import Data
from tests.golden.lineages import RECIPE, WORDS, ids, lineages

CHECKOUT = Path(__file__).resolve().parents[2]
IDS = Path(__file__).with_name("ids.json")


def test_ids_are_the_golden_ones() -> None:
    assert ids() == json.loads(IDS.read_text())


def test_no_two_lineages_share_an_id() -> None:
    assert len(set(ids().values())) == len(lineages())


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_ids_do_not_depend_on_hash_seed_folder_user_or_host(seed: str, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONHASHSEED": seed,
        "USER": "nobody",
        "HOME": str(tmp_path),
        "HOSTNAME": "elsewhere",
    }
    command = [sys.executable, "-c", "import json; from tests.golden.lineages import ids; print(json.dumps(ids()))"]
    environment["PYTHONPATH"] = str(CHECKOUT)
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(IDS.read_text())


@pytest.mark.parametrize("name", lineages())
def test_a_phase_read_back_has_the_same_id(name: str) -> None:
    phase = lineages()[name]
    assert identity(from_json(Phase, json.dumps(dump(phase)), name)) == identity(phase)


def test_every_field_that_can_change_a_number_changes_the_id() -> None:
    start = lineages()["pretrained"]
    assert isinstance(start, Train)
    base = Train(start, (WORDS,), RECIPE, "target")
    others = [
        Train(start, (replace(WORDS, limit=10),), RECIPE, "target"),
        Train(start, (replace(WORDS, version=2),), RECIPE, "target"),
        Train(start, (replace(WORDS, held_out=()),), RECIPE, "target"),
        Train(start, (WORDS,), replace(RECIPE, seed=9), "target"),
        Train(start, (WORDS,), replace(RECIPE, precision="bf16"), "target"),
        Train(start.start, (WORDS,), RECIPE, "target"),
    ]
    found = {identity(phase) for phase in (base, *others)}
    assert len(found) == len(others) + 1


def test_one_byte_of_a_data_file_changes_the_id_and_its_folder_does_not(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second" / "deeper"
    file = first / "udpos_xtreme" / "train-en.tsv"
    file.parent.mkdir(parents=True)
    file.write_text("The\tDET\ncat\tNOUN\nsleeps\tVERB\n\n")
    shutil.copytree(first, second)
    assert _id_of(first) == _id_of(second)
    (second / "udpos_xtreme" / "train-en.tsv").write_text("The\tDET\nbat\tNOUN\nsleeps\tVERB\n\n")
    assert _id_of(first) != _id_of(second)


def test_identity_refuses_what_it_cannot_serialise_stably() -> None:
    phase = lineages()["mixture"]
    object.__setattr__(phase, "role", Path("intermediate"))
    with pytest.raises(TypeError, match="no stable identity"):
        identity.__wrapped__(phase)


def _id_of(root: Path) -> str:
    data: Data = catalog_data.pin(catalog_data.dataset("udpos", "train", ("en",)), root)
    assert data.at_hand
    start = lineages()["pretrained"]
    assert isinstance(start, Train)
    return identity(Train(start, (data,), RECIPE, "target"))
