"""Readers of ANLI: the JSON lines of its release, and the CSV of its authors' analysis."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from harness.catalog.sources.lines import read_lines
from harness.files.atomic import read_text
from harness.spec.errors import HarnessError
from harness.spec.example import PairExample

LABELS = {"e": "entailment", "n": "neutral", "c": "contradiction"}


def read_jsonl(paths: Sequence[Path], language: str) -> Iterator[PairExample]:
    """`{train,dev,test}.jsonl`; raises HarnessError for a line that is not such a record."""
    for path in paths:
        for number, line in enumerate(read_lines(path, "ANLI's JSON lines"), start=1):
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise HarnessError(f"{path}, line {number}: not complete JSON ({error})") from error
            yield _example(record, ("uid", "context", "hypothesis", "label"), f"{path}, line {number}")


def read_analysis(paths: Sequence[Path], language: str) -> Iterator[PairExample]:
    """`ANLI_analysis_r*_dev.csv`, where the hypothesis is called statement; raises HarnessError."""
    for path in paths:
        records = csv.DictReader(StringIO(read_text(path, "ANLI's analysis CSV"), newline=""), strict=True)
        try:
            for record in records:
                where = f"{path}, line {records.line_num}"
                yield _example(record, ("uid", "context", "statement", "gold_label"), where)
        except csv.Error as error:
            raise HarnessError(f"{path}, line {records.line_num}: not complete CSV ({error})") from error


def _example(record: Mapping[str, Any], columns: tuple[str, str, str, str], where: str) -> PairExample:
    try:
        uid, first, second, label = (record[column] for column in columns)
        return PairExample(uid, first, second, LABELS[label])
    except (KeyError, TypeError) as error:
        raise HarnessError(
            f"{where}: {error} is missing or unknown; expected {', '.join(columns)} with a label e, n or c"
        ) from error
