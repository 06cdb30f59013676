"""Readers of ANLI: the JSON lines of its release, and the CSV of its authors' analysis."""

from functools import partial

from harness.catalog.sources import json_lines, tables
from harness.catalog.sources.pair_records import Pairs

LABELS = {"e": "entailment", "n": "neutral", "c": "contradiction"}
COLUMNS = ("uid", "context", "statement", "gold_label")  # the hypothesis is called statement in the analysis

read_jsonl = Pairs(json_lines.read, ("context", "hypothesis"), "label", LABELS, id="uid")
read_analysis = Pairs(partial(tables.read_commas, columns=COLUMNS), COLUMNS[1:3], "gold_label", LABELS, id="uid")
