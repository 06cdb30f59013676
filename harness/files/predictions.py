"""Predictions of one language: JSON lines of an example id and what was predicted for it.

What the same vectors give under another way of comparing them, a variant, lies in a folder of that name beside them.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from harness.files.atomic import read_text, write_text
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction

ENCODE = json.JSONEncoder(ensure_ascii=False).encode  # made once: json.dumps makes one a line, which doubles the time


def predictions_file(folder: Path, language: str, variant: str | None = None) -> Path:
    """Where the predictions of `language` lie in a predictions folder, or those of a `variant` of them."""
    return variant_folder(folder, variant) / f"{language}.jsonl"


def variant_folder(folder: Path, variant: str | None) -> Path:
    """The predictions folder of a variant; that of the headline is `folder` itself."""
    return folder / variant if variant else folder


def variants(folder: Path) -> tuple[str, ...]:
    """The variants that are stored in a predictions folder, sorted."""
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir())) if folder.is_dir() else ()


def write_predictions(folder: Path, language: str, predictions: Mapping[str, Prediction]) -> Path:
    """Store predictions by example id, in their order; returns the file."""
    path = predictions_file(folder, language)
    lines = (ENCODE({"id": key, "prediction": value}) for key, value in predictions.items())
    write_text(path, "".join(line + "\n" for line in lines))
    return path


def read_predictions(folder: Path, language: str) -> dict[str, Prediction]:
    """Predictions by example id; raises HarnessError for a missing or damaged file."""
    path = predictions_file(folder, language)
    text = read_text(path, "the predictions of a finished phase")
    try:
        return dict(_entry(line) for line in text.split("\n") if line)  # U+2028 may stand within a line
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise HarnessError(f"{path}: damaged predictions ({error}); `harness retry` repeats the phase") from error


def _entry(line: str) -> tuple[str, Prediction]:
    row = json.loads(line)
    if not isinstance(row["id"], str) or row["prediction"] is None:
        raise TypeError(f"expected an id and what was predicted, found {line[:60]}")
    return row["id"], row["prediction"]
