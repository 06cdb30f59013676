"""Several sources as one: ids, digests, and what is said of a part that is missing or smaller than published."""

import dataclasses
import json

import pytest

from harness.catalog import find
from harness.catalog.sources import nli_files
from harness.catalog.sources.joined import Joined
from harness.catalog.sources.places import layouts
from harness.catalog.sources.published import Files
from harness.plan.sweeps.recipes import corpora
from harness.spec.errors import HarnessError

ROWS = (("A", "B", "neutral"), ("C", "D", "entailment"), ("E", "F", "contradiction"))


def first_json(rows=ROWS):
    keys = ("sentence1", "sentence2", "gold_label")
    return "".join(json.dumps(dict(zip(keys, row, strict=True))) + "\n" for row in rows)


PARTS = {
    name: Files(
        layouts((f"{name}/",), ("{name}.jsonl",), nli_files.FIRST_JSON, {"train": "train"}, {"train": {"en": 3}}),
        ("en",),
    )
    for name in ("one", "two")
}


def test_joined_sources(put, tmp_path):
    joined = Joined(PARTS)
    put("one/train.jsonl", first_json())
    assert (joined.languages(tmp_path, "train"), joined.digest(tmp_path, "train", "en")) == ((), None)
    with pytest.raises(HarnessError, match="need those of the task 'two', which are not at hand below"):
        list(joined.rows(tmp_path, "train", "en"))
    put("two/train.jsonl", first_json())
    assert joined.languages(tmp_path, "train") == ("en",)
    assert [row.id for row in joined.rows(tmp_path, "train", "en")] == [
        f"{n}:{i}" for n in ("one", "two") for i in range(3)
    ]
    assert joined.published("train", "en") == 6
    before = joined.digest(tmp_path, "train", "en")
    put("two/train.jsonl", first_json(ROWS[::-1]))
    assert before != joined.digest(tmp_path, "train", "en") is not None


def test_a_part_in_a_smaller_copy_is_refused(put, tmp_path):
    smaller = layouts(("half/",), ("{name}.jsonl",), nli_files.FIRST_JSON, {"train": "train"})
    whole = PARTS["two"]
    joined = Joined({**PARTS, "two": dataclasses.replace(whole, layouts=(*whole.layouts, *smaller))})
    put("one/train.jsonl", first_json())
    put("half/train.jsonl", first_json(ROWS[:1]))
    with pytest.raises(HarnessError, match="are 4 in all; expected the 6 that were published"):
        list(joined.rows(tmp_path, "train", "en"))


def test_anli_plus_has_the_published_sizes_and_shares_its_corpora():
    source = find.task("anli_plus").source
    assert (source.published("train", "en"), source.published("dev", "en")) == (1_104_934, 22_857)
    assert corpora(["anli_plus"]) == {"anli", "mnli", "snli"}
    assert corpora(["xnli"]) == corpora(["mnli@de"]) == {"mnli"}
