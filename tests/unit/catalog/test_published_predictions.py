"""Predictions that others published score here what they said they do."""

import csv

import pytest

from harness.catalog import find
from harness.catalog.metrics import accuracy

NAMES = {"e": "entailment", "n": "neutral", "c": "contradiction"}
FILE = "anli/ANLI_analysis_r1_dev.csv"


@pytest.mark.parametrize(("model", "percent"), [("preds-anli-roberta-large", 73.8)])
def test_anli_round_1_of_the_authors_models(real_data, model, percent):
    rows = list(find.task("anli").source.rows(real_data, "train", "en"))  # that file is its training data here
    with (real_data / FILE).open(newline="", encoding="utf-8") as file:
        records = list(csv.DictReader(file))
    predicted = {row["uid"]: NAMES[row[f"{model}PredLabel"][0].lower()] for row in records}
    assert len(rows) == 1_000
    assert accuracy.score(rows, predicted, "en")["score"] == percent
