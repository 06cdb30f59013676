"""Fingerprints of every task's features: made-up rows in several scripts, encoded as the task says, as a digest.

The rows and the tokenizer are fixed: whoever changes them must remove features.json and write it anew.
"""

import hashlib
import json
import unicodedata
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from harness.catalog import find
from harness.plan.sweeps.chain import task_of
from harness.plan.sweeps.recipes import HOUSE
from harness.spec.example import (
    ChoiceExample,
    Example,
    PairExample,
    RetrievalExample,
    SpanExample,
    TaggedExample,
    TextExample,
)
from harness.spec.identity import NUMERICS
from harness.spec.recipe import Window, amended
from harness.spec.task import Task
from harness.worker.coder import Coder
from harness.worker.encoding import chunks
from harness.worker.format import Feature, Reading
from harness.worker.format import find as find_format
from harness.worker.manner import SPECIAL, UNK

SENTENCES = {
    "Latin": "Der Bäcker gab um 7 Uhr dem alten Hund ein Brötchen, wie jeden Tag.",
    "Thai": "แมวสีดำนอนอยู่ใต้โต๊ะ และหมาวิ่งไปที่แม่น้ำ",
    "Chinese": "一只黑猫睡在桌子下面，狗跑到河边去了。",
    "Arabic": "نامت القِطّة تحت الطاولة، وركض الكلب إلى النهر.",
}
LONG = 24  # repetitions of a sentence that no window holds
TAGS = ("A", "B", "C")  # where a task reads its labels from its data


def coder() -> Coder:
    """A unigram tokenizer of single characters and, cheaper than those, of each second pair of neighbours."""
    joined = "".join(f"▁{sentence}" for sentence in SENTENCES.values())
    text = unicodedata.normalize("NFKC", joined).replace(" ", "▁") + "?"
    pairs = {text[at : at + 2]: -2.0 for at in range(0, len(text) - 1, 2) if "▁" not in text[at + 1]}
    pieces = {**dict.fromkeys(SPECIAL, 0.0), **dict.fromkeys(sorted(set(text)), -3.0), **dict(sorted(pairs.items()))}
    tokenizer = Tokenizer(models.Unigram(list(pieces.items()), unk_id=SPECIAL.index(UNK)))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(list(SPECIAL))
    return Coder(tokenizer)


def fingerprints() -> dict[str, dict[str, Any]]:
    """Of every task by name: its version, its format's numerics and the digest of its features."""
    made = coder()
    return {name: _fingerprint(find.task(name), made) for name in find.task_names()}


def mistakes(kept: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What is wrong with the fingerprints that are `kept`, a sentence each."""
    return [
        sentence for name in sorted({*kept, *found}) if (sentence := _mistake(name, kept.get(name), found.get(name)))
    ]


def _mistake(name: str, kept: dict[str, Any] | None, found: dict[str, Any] | None) -> str | None:
    write = "run `python -m tests.golden.write_features`"
    if kept == found:
        return None
    if found is None:
        return f"{name}: is no longer in the catalogue; {write}"
    if kept is None:
        return f"{name}: has no fingerprint; {write}"
    raised = any(found[part] > kept[part] for part in ("version", "numerics"))
    if kept["digest"] != found["digest"] and not raised:
        return f"{name}: its features changed; raise the task's version or the format's NUMERICS, then {write}"
    return f"{name}: its version or its format's NUMERICS changed; {write}"


def _fingerprint(task: Task, made: Coder) -> dict[str, Any]:
    labels = task.labels or TAGS
    reading = Reading(made, window_of(task), labels, task.unanswerable)
    rows = [("en", row) for row in made_up(task.format, labels)]
    features = [
        plain(feature)
        for chunk in chunks(rows, range(len(rows)), lambda examples: find_format(task.format).encode(examples, reading))
        for feature in chunk
    ]
    digest = hashlib.sha256(json.dumps(features).encode()).hexdigest()
    return {"version": task.version, "numerics": NUMERICS[task.format], "digest": digest}


def window_of(task: Task) -> Window:
    """The window of a task: that of the task which trains its head, then its own."""
    recipe = HOUSE
    for entry in (*(find.task(task_of(name)) for name in task.train[-1:]), task):
        recipe = amended(recipe, entry.recipe if entry.format == task.format else {}, entry.name)
    return recipe.window


def made_up(format_: str, labels: tuple[str, ...]) -> list[Example]:
    """Rows of a format: a short and a long text in each script, and what hides or lacks an answer."""
    texts = [sentence * times for sentence in SENTENCES.values() for times in (1, LONG)]
    return [_row(format_, str(number), text, labels) for number, text in enumerate(texts)]


def _row(format_: str, key: str, text: str, labels: tuple[str, ...]) -> Example:
    number, other = int(key), SENTENCES["Latin"]
    label, words = labels[number % len(labels)], tuple(text.split())
    answer = words[-1]
    answers = ((), (("", 0),), ((answer, text.rindex(answer)),), ((answer, text.index(answer)),))[number % 4]
    rows: dict[str, Example] = {
        "pair": PairExample(key, text, other, None if number == 3 else label),
        "choice": ChoiceExample(
            key, text, "" if number % 2 else other, (other, text, "?")[: 2 + number % 2], number % 2
        ),
        "tagging": TaggedExample(key, words, tuple(labels[at % len(labels)] for at in range(len(words)))),
        "span": SpanExample(key, other * (1 + number % 2), text, answers),
        "retrieval": RetrievalExample(key, text if number % 3 else None, other, (key,), text if number % 2 else None),
        "mlm": TextExample(key, text, other if number % 3 else None),
    }
    return rows[format_]


def plain(feature: Feature) -> list[Any]:
    """A feature as lists of numbers."""
    arrays = (feature.tokens, feature.positions, feature.targets, feature.origin)
    return [feature.example, *(each.tolist() for each in arrays), [tokens.tolist() for tokens in feature.others]]
