"""Made-up submissions: small files in the benchmark's layout, for every task and language that is asked for."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path

from harness.catalog.submission.sheets import SHEETS

LINES = {"xnli": ("entailment", "neutral"), "pawsx": ("0", "1"), "tatoeba": ("0", "1")}
TAGS = {"udpos": ("NOUN", "VERB"), "panx": ("B-PER", "B-LOC")}


def tagged(right: int, tags: tuple[str, str]) -> tuple[str, str]:
    """Labels and predictions of four sentences of one word, `right` of them right."""
    gold = [tags[number % 2] for number in range(4)]
    found = [tag if number < right else tags[(number + 1) % 2] for number, tag in enumerate(gold)]
    return "\n\n".join(gold) + "\n", "\n\n".join(found) + "\n"


def lines(right: int, labels: tuple[str, str]) -> tuple[str, str]:
    gold = [labels[number % 2] for number in range(4)]
    found = [label if number < right else labels[(number + 1) % 2] for number, label in enumerate(gold)]
    return "\n".join(gold) + "\n", "\n".join(found) + "\n"


def choices(right: int) -> tuple[str, str]:
    gold, found = (text.split() for text in lines(right, ("0", "1")))
    return tuple("".join(json.dumps({"label": int(one)}) + "\n" for one in own) for own in (gold, found))


def answers(right: int) -> tuple[str, str]:
    asked = [
        {"id": str(n), "question": "?", "answers": [{"text": f"word{n} tail", "answer_start": 0}]} for n in range(4)
    ]
    gold = {"version": "1.1", "data": [{"paragraphs": [{"context": "", "qas": asked}]}]}
    return json.dumps(gold), json.dumps({str(n): f"word{n} tail" if n < right else f"word{n}" for n in range(4)})


def pairs(right: int) -> tuple[str, str]:
    gold = "".join(f"xx-{n}\ten-{n}\n" for n in range(4))
    return gold, "".join(f"xx-{n}\ten-{n if n < right else n + 9}\n" for n in range(4))


def rankings(right: int) -> tuple[str, str]:
    gold = {str(n): [f"Q{n}"] for n in range(4)}
    return json.dumps(gold), json.dumps({str(n): [f"Q{n}"] if n < right else ["Q9", f"Q{n}"] for n in range(4)})


MAKERS: dict[str, Callable[[int], tuple[str, str]]] = {
    **{task: lambda right, labels=labels: lines(right, labels) for task, labels in LINES.items()},
    **{task: lambda right, tags=tags: tagged(right, tags) for task, tags in TAGS.items()},
    **dict.fromkeys(("xquad", "mlqa", "tydiqa"), answers),
    **dict.fromkeys(("mewslix", "lareqa"), rankings),
    "xcopa": choices,
    "bucc2018": pairs,
}


def make(folder: Path, task: str, languages: Iterable[str], right: Callable[[str], int]) -> tuple[Path, Path]:
    """Files of `task` below `folder`/predictions and `folder`/labels; `right` says how many of four are right."""
    for language in languages:
        for name, text in zip(("labels", "predictions"), MAKERS[task](right(language)), strict=True):
            path = SHEETS[task].file(folder / name, language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return folder / "predictions", folder / "labels"


def write(folder: Path, task: str, language: str, labels: str, predictions: str) -> tuple[Path, Path]:
    """One file of labels and one of predictions below `folder`."""
    for name, text in (("labels", labels), ("predictions", predictions)):
        path = SHEETS[task].file(folder / name, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "predictions", folder / "labels"
