"""Published facts: sentences of provenance, tables of several shapes, mistakes, and the catalogue's own figures."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import find
from harness.catalog.facts import provenance_of, read_claims
from harness.spec.claim import Claim
from harness.spec.errors import HarnessError


def written(tmp_path: Path, facts: Any) -> Path:
    file = tmp_path / "facts.json"
    file.write_text(facts if isinstance(facts, str) else json.dumps(facts))
    return file


@pytest.mark.parametrize(
    ("said", "is_"),
    [
        ("seen: RemBERT paper (arXiv 2010.12821) Tables 7 and 16", "seen"),
        ("Seen: a README", "seen"),
        ("seen: mT5 README; presumably the v1 submission", "mixed"),
        ("seen: a table; udpos: memory", "mixed"),
        ("acc/f1 seen (mT5 README); rest memory", "mixed"),
        ("computed from seen figures", "mixed"),
        ("group value derived from seen figures", "mixed"),
        ("MEMORY (no stored copy of the body could be opened)", "memory"),
        ("memory (sum-consistent)", "memory"),
        ("stated by somebody", "mixed"),
        ("", "mixed"),
    ],
)
def test_only_what_is_plainly_seen_is_verified(said: str, is_: str) -> None:
    assert provenance_of(said) == is_


def test_tables_of_every_shape_are_read(tmp_path: Path) -> None:
    facts = {
        "xtreme": {
            "baselines": {
                "XLM-R Large": {
                    "xnli": 79.2,
                    "xquad_f1": 76.6,
                    "mlqa": {"em": 53.0, "f1": 71.0},
                    "provenance": "seen: x",
                },
                "mT5 (f1)": {"Small": [67.5], "columns": ["xnli"], "provenance": "memory"},
            },
            "zero_shot_gap": {"definition": "d", "XLM-R": {"panx": 19.8}, "provenance": "memory"},
            "xnli_zero_shot_per_language": {
                "languages": ["en", "avg"],
                "XLM-R Base": [85.8, 76.2],
                "provenance": "seen: y",
            },
        },
        "xtreme_r": {
            "baselines": {"XLM-R-base (reproduction)": {"xquad": "72.83/58.01", "avg": 62.0}, "provenance": "seen"}
        },
    }
    found = {(c.model, c.measure, c.value, c.provenance) for c in read_claims(written(tmp_path, facts))}
    assert found == {
        ("xlm_r/large", "xnli", 79.2, "seen"),
        ("xlm_r/large", "xquad/f1", 76.6, "seen"),
        ("xlm_r/large", "mlqa/em", 53.0, "seen"),
        ("xlm_r/large", "mlqa/f1", 71.0, "seen"),
        ("mt5/small", "xnli", 67.5, "memory"),
        ("xlm_r/large", "gap of panx", 19.8, "memory"),
        ("xlm_r/base", "xnli/en", 85.8, "seen"),
        ("xlm_r/base", "xnli", 76.2, "seen"),
        ("xlm_r/base", "xquad/f1", 72.83, "seen"),
        ("xlm_r/base", "xquad/em", 58.01, "seen"),
        ("xlm_r/base", "xtreme_r", 62.0, "seen"),
    }


def test_the_main_table_is_of_dev_but_for_what_has_none(tmp_path: Path) -> None:
    table = {
        "provenance": "MEMORY",
        "split": "XTREME dev sets (test for xquad/tatoeba which lack dev)",
        "baseline_cells_xlmr_ours": {"xnli": 80.1, "tatoeba": 31.0},
        "rows_delta": {"SQuADv2": {"delta": {"xquad_em": 0.8}, "avg_recalled": 8.2}},
    }
    found = read_claims(written(tmp_path, {"phang2020": {"main_table": table}}))
    assert [(c.kind, c.after, c.measure, c.split, c.provenance) for c in found] == [
        ("score", "none", "xnli", "dev", "memory"),
        ("score", "none", "tatoeba_raw", "test", "memory"),
        ("gain", "squad_v2", "gain of xquad/em", "test", "memory"),
        ("gain", "squad_v2", "gain of xtreme", "dev", "memory"),
    ]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ("{", "not complete JSON"),
        ("[]", "is not a JSON object"),
        ({}, "has no figures"),
        ({"xtreme": 5}, "xtreme: expected an object, found int"),
        (
            {"xtreme": {"baselines": {"X": {"xnli": "high"}}}},
            "xtreme.baselines.X.xnli: 'high' is neither a number nor F1/EM",
        ),
        (
            {"xtreme": {"xnli_zero_shot_per_language": {"languages": ["en"], "X": [1.0, 2.0]}}},
            "expected a figure for each of the 1 languages",
        ),
        ({"xtreme": {"baselines": {"X y": {"columns": ["xnli"], "Small": [1.0, 2.0]}}}}, "has 2 figures for 1 columns"),
        ({"xtreme": {"baselines": {"X y": {"columns": 1, "Small": [1.0]}}}}, "X y.columns: expected a list of names"),
        ({"xtreme": {"xnli_zero_shot_per_language": {"languages": [1], "X": [1.0]}}}, "languages: expected a list"),
        ('{"xtreme": {"baselines": {"X": {"xnli": NaN}}}}', "xtreme.baselines.X.xnli: nan is neither a number nor"),
        ('{"xtreme": {"baselines": {"X": {"xnli": 1e999}}}}', "xtreme.baselines.X.xnli: inf is neither a number nor"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(tmp_path: Path, facts: Any, sentence: str) -> None:
    with pytest.raises(HarnessError, match=r"facts\.json") as caught:
        read_claims(written(tmp_path, facts))
    assert sentence in str(caught.value)


def test_the_catalogue_has_the_figures_of_the_facts_and_claims_no_more_than_they_do(data_folder: Path) -> None:
    facts = [claim for claim in read_claims(data_folder.parent / "facts" / "published.json") if claim.model != "human"]
    own = find.claims()
    assert set(map(_key, own)) == set(map(_key, facts))
    recalled = Counter(_key(claim) for claim in facts if claim.provenance == "memory")
    assert not [claim for claim in own if claim.verified and _key(claim) in recalled]
    assert {_key(claim) for claim in facts if claim.verified} <= {_key(claim) for claim in own if claim.verified}


def test_every_figure_of_the_catalogue_is_of_a_known_task_model_or_paper() -> None:
    tasks = {*find.task_names(), *find.suite_names(), "retrieval", "classification", "structured"}
    assert {claim.task for claim in find.claims()} <= tasks
    assert {claim.model for claim in find.claims()} >= {"xlm_r/base", "xlm_r/large", "rembert/base", "mt5/xxl"}
    assert all(claim.source for claim in find.claims())
    assert not [claim for claim in find.claims() if "main table" in claim.source and claim.verified]


def _key(claim: Claim) -> tuple[object, ...]:
    return claim.model, claim.kind, claim.measure, claim.value, claim.split, claim.after.split(" ")[0]
