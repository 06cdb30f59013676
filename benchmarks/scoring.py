"""Scoring a submission of XTREME-R at its published sizes, all tasks and languages, and scikit-learn on one of them.

`python -m benchmarks.scoring` generates predictions and labels in a temporary folder, scores them twice, as one
`harness score` does and task by task, and prints seconds, and how much longer the scores of blocks of the rows take.
The peer is scikit-learn's accuracy_score and f1_score on the tags of UD-POS, read by the same readers: it counts words
where the benchmark counts chunks, which is the easier work.
"""

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sklearn.metrics import accuracy_score, f1_score

from harness.catalog import find
from harness.catalog.submission.sheets import SHEETS, Sheet, suite_languages
from harness.run.exchange.submission import as_json, score_submission
from harness.spec.record import BLOCKS

WORDS = {"udpos": 18, "panx": 8}  # of a sentence on average, about
RIGHT = 0.75  # of all predictions
# Where no count is published by language: UD's test sets have 47 to 20,436 sentences, WikiANN's 100 to 10,000, MLQA's
# 4,517 to 11,590 questions, TyDiQA's 323 to 2,719, Mewsli-X's 15,000 in all.
SIZES = {"udpos": 1_500, "panx": 5_000, "mlqa": 7_000, "tydiqa": 560, "mewslix": 1_370, "tatoeba": 1_000, "xcopa": 500}
OTHERS = {"xnli": 5_010, "xquad": 1_190, "lareqa": 1_190}

Texts = tuple[str, str]  # labels, predictions


def labels(count: int, names: tuple[str, ...], draw: random.Random) -> Iterator[tuple[str, str]]:
    """Labels of `count` rows and what was predicted for them."""
    for _ in range(count):
        gold = draw.choice(names)
        yield gold, gold if draw.random() < RIGHT else draw.choice(names)


def lines(count: int, names: tuple[str, ...], draw: random.Random, form: str = "{}\n") -> Texts:
    gold, found = zip(*labels(count, names, draw), strict=True)
    return "".join(form.format(one) for one in gold), "".join(form.format(one) for one in found)


def tags(count: int, task: str, draw: random.Random) -> Texts:
    words, names = WORDS[task], find.task(task).labels
    drawn = [lines(draw.randint(words // 2, words * 3 // 2), names, draw) for _ in range(count)]
    return "\n".join(gold for gold, _ in drawn), "\n".join(found for _, found in drawn)


def answers(count: int, draw: random.Random) -> Texts:
    words = [f"word{number}" for number in range(500)]
    gold = {str(number): " ".join(draw.choices(words, k=draw.randint(1, 6))) for number in range(count)}
    found = {
        key: text if draw.random() < RIGHT else " ".join([*text.split()[:1], "more"]) for key, text in gold.items()
    }
    asked = [{"id": key, "question": "?", "answers": [{"text": text, "answer_start": 0}]} for key, text in gold.items()]
    return json.dumps({"data": [{"paragraphs": [{"context": "", "qas": asked}]}]}), json.dumps(found)


def rankings(count: int, right: int, draw: random.Random) -> Texts:
    gold = {f"m{number}": [f"Q{number}-{one}" for one in range(right)] for number in range(count)}
    found = {
        key: draw.sample([*ids, *(f"Q{draw.randrange(10**6)}" for _ in range(20))], 20) for key, ids in gold.items()
    }
    return json.dumps(gold), json.dumps(found)


def texts(task: str, draw: random.Random) -> Texts:
    """Labels and predictions of one language at the size that `task` has."""
    count = {**SIZES, **OTHERS}[task]
    makers: dict[str, Callable[[], Texts]] = {
        "xcopa": lambda: lines(count, ("0", "1"), draw, '{{"label": {}}}\n'),
        "tatoeba": lambda: lines(count, tuple(map(str, range(count))), draw),
        "mewslix": lambda: rankings(count, 1, draw),
        "lareqa": lambda: rankings(count, 11, draw),
        **dict.fromkeys(("udpos", "panx"), lambda: tags(count, task, draw)),
        **dict.fromkeys(("xquad", "mlqa", "tydiqa"), lambda: answers(count, draw)),
    }
    return makers.get(task, lambda: lines(count, find.task(task).labels, draw))()


def generate(folder: Path) -> None:
    """Every task of XTREME-R in all its languages below `folder`."""
    draw = random.Random(0)
    for task, languages in suite_languages("xtreme_r").items():
        for language in languages:
            for name, text in zip(("labels", "predictions"), texts(task, draw), strict=True):
                file = SHEETS[task].file(folder / name, language)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ours(folder: Path, sheet: Sheet, blocks: int = 0) -> None:
    """Read and score all languages of one task, and their rows in so many blocks again."""
    for language in suite_languages("xtreme_r")[sheet.task]:
        rows, predictions, _ = sheet.read(
            sheet.file(folder / "predictions", language), sheet.file(folder / "labels", language)
        )
        sheet.score(rows, predictions, language)
        for block in range(blocks):
            sheet.score(rows[block::blocks], predictions, language)


def peer(folder: Path) -> None:
    """Read UD-POS with the same reader and score its words with scikit-learn."""
    sheet = SHEETS["udpos"]
    for language in suite_languages("xtreme_r")["udpos"]:
        rows, predictions, _ = sheet.read(
            sheet.file(folder / "predictions", language), sheet.file(folder / "labels", language)
        )
        gold = [tag for row in rows for tag in row.tags or ()]  # type: ignore[union-attr]
        found = [tag for row in rows for tag in predictions[row.id]]
        accuracy_score(gold, found)
        f1_score(gold, found, average="micro")


def main() -> None:
    """Generate, measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder)
        print(f"{'task':10}{'languages':>10}{'megabytes':>11}{'seconds':>9}")
        for task, languages in suite_languages("xtreme_r").items():
            size = sum(file.stat().st_size for file in folder.glob(f"*/{task}/*")) / 1e6
            print(
                f"{task:10}{len(languages):10}{size:11.1f}{seconds(lambda task=task: ours(folder, SHEETS[task])):9.2f}"
            )  # type: ignore[misc]
        whole = seconds(lambda: as_json(score_submission(folder / "predictions", folder / "labels")))
        passes = [
            sum(seconds(lambda task=task, n=n: ours(folder, SHEETS[task], n)) for task in suite_languages("xtreme_r"))  # type: ignore[misc]
            for n in (0, BLOCKS)
        ]
        print(f"every task with the scores of {BLOCKS} blocks / without: {passes[1] / passes[0]:.2f} of the time")
        print(f"the whole submission, as `harness score --json` does it: {whole:.2f} s")
        ratios = [seconds(lambda: ours(folder, SHEETS["udpos"])) / seconds(lambda: peer(folder)) for _ in range(3)]
        print(f"udpos, chunks here / words in scikit-learn: {sorted(ratios)[1]:.2f} of its time")


if __name__ == "__main__":
    main()
