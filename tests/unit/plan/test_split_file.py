"""A split of the user's own file: read strictly, and held against what is evaluated."""

from pathlib import Path

import pytest

from harness.plan.sweeps.split_file import split_file
from harness.plan.sweeps.sweep import Sweep
from harness.run.study import open_study
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml

YAML = "af: low\nde: high\nyo: unseen\nno: high\n"
CSV = "language,level\naf,low\nde,high\nyo,unseen\nno,high\n"
SWEEP = """
name: made
models: [xlm_r/base]
intermediate: [anli]
epochs: 1
batch_size: 8
targets: [{task: udpos, languages: [en, af, de, yo]}]
split: {by: file, file: own/my_split.yaml}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [("own.yaml", YAML), ("own.csv", CSV), ("own.csv", f"\ufeff{CSV}"), ("own.csv", CSV.replace("\n", "\r\n"))],
)
def test_both_ways_of_writing_it_say_the_same(name: str, text: str) -> None:
    found = split_file(name, text, f"/x/{name}")
    assert dict(found.levels) == {"af": "low", "de": "high", "yo": "unseen", "no": "high"}
    assert found.level("af") == "low"
    assert len(found.digest) == 64


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("own.yaml", "af: low\nen: high\n", "own.yaml: 'en' is English, which is in no split; leave it out"),
        ("own.yaml", "af: medium\n", "own.yaml: 'af' is \"medium\", but it should be 'low', 'high' or 'unseen'"),
        ("own.yaml", "af: low\naf: high\n", "key 'af' occurs twice"),
        ("own.yaml", "- af\n", "own.yaml: holds no settings"),
        ("own.csv", "af,low\n", "own.csv: begins with 'af,low'; expected the columns language,level"),
        ("own.csv", "", "expected the columns language,level"),
        ("own.csv", "language,level\naf\n", "own.csv: line 2 has 1 columns; expected language,level"),
        ("own.csv", "language,level\naf,low\naf,low\n", "own.csv: 'af' occurs twice"),
    ],
)
def test_what_is_no_split_is_said_in_one_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(HarnessError) as told:
        split_file(name, text, name)
    assert sentence in str(told.value)


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        ("{by: file}", "`by: file` needs the file"),
        ("{by: joshi, file: own.yaml}", "a file is read with `by: file` alone, but it says `by: joshi`"),
    ],
)
def test_the_rule_and_the_file_go_together(split: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        from_yaml(Sweep, SWEEP.replace("{by: file, file: own/my_split.yaml}", split), "made.yaml")


def test_it_lies_beside_the_sweep_and_says_something_of_every_language(tmp_path: Path) -> None:
    sweep, own = tmp_path / "made.yaml", tmp_path / "own" / "my_split.yaml"
    sweep.write_text(SWEEP)
    with pytest.raises(HarnessError, match=r"my_split\.yaml: cannot be read"):
        open_study(sweep, None, tmp_path / "runs")
    own.parent.mkdir()
    own.write_text("af: low\nde: high\n")
    with pytest.raises(HarnessError, match=r"my_split\.yaml does not say what 'yo' is, which is evaluated"):
        open_study(sweep, None, tmp_path / "runs")
    own.write_text("af: low\nde: high\nyo: unseen\n")
    found = open_study(sweep, None, tmp_path / "runs").split_file
    assert found is not None and found.name == "own/my_split.yaml"
