"""The tasks of a submission: what their files are called and hold, which metric scores them, and in which order.

Read in google-research/xtreme, evaluate.py @838c13b. LAReQA is not among its tasks; here its files are Mewsli-X's way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from harness.catalog import find
from harness.catalog.submission import json_files, line_files, write
from harness.catalog.submission.read import Read
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction, RetrievalExample
from harness.spec.task import Score

ACCURACY = {"score": "accuracy"}
F1 = {"score": "f1", "precision": "precision", "recall": "recall"}
ANSWERS = {"exact_match": "exact_match", "f1": "f1"}
RANKED = {"score": "map@20"}


@dataclass(frozen=True)
class Sheet:
    """The files of one task: `{task}/test-{language}.{suffix}`, predictions and labels alike.

    `read` takes the file of predictions and that of labels, `write` gives the text of a file of predictions; `values`
    maps what the metric returns to the benchmark's names, in its order. `order` has the languages in the order in which
    the benchmark adds their scores up: it decides the last digit of the mean. Those that XTREME-R added come last.
    """

    task: str
    suffix: str
    read: Callable[[Path, Path], Read]
    write: Callable[[Sequence[Any], Mapping[str, Prediction]], str]
    values: Mapping[str, str]
    order: str

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes in `order`."""
        return tuple(self.order.split())

    def file(self, folder: Path, language: str) -> Path:
        """The file of `language` in a folder of predictions or labels."""
        return folder / self.task / f"test-{language}.{self.suffix}"

    def write_gold(self, rows: Sequence[Any]) -> str:
        """The text of a file of labels; raises HarnessError where gold is hidden."""
        return write.questions(rows) if self.write is write.answers else self.write(rows, write.gold(rows))

    @property
    def score(self) -> Score:
        """The metric of the task; of mined pairs, of which a submission has no margins, their F1 as they are."""
        metric = find.task(self.task).metric
        if metric is None:
            raise HarnessError(f"task '{self.task}' has no metric")
        return pairs_f1 if metric.tune else metric.score


def pairs_f1(
    gold: Sequence[RetrievalExample], predictions: Mapping[str, Prediction], language: str
) -> dict[str, float]:
    """F1 of a set of pairs in percent, with precision and recall, in the benchmark's arithmetic."""
    wanted = {(row.id, answer) for row in gold for answer in row.answers or ()}
    found = {(query, candidate) for query, ranked in predictions.items() for candidate, _ in ranked}
    correct = len(wanted & found)
    precision, recall = correct / max(1, len(found)), correct / len(wanted)
    f1 = 2 * precision * recall / (precision + recall) if correct else 0.0
    return {"score": f1 * 100, "precision": precision * 100, "recall": recall * 100}


_XNLI = "ar bg de el en es fr hi ru sw th tr ur vi zh"
_UDPOS = "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh"
_PANX = (
    "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh kk tr et "
    "fi hu"
)
_TATOEBA = "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh kk tr et fi hu"


def _known(read: Callable[..., Read], task: str) -> Callable[[Path, Path], Read]:
    """`read` for the labels that the catalogue has for a task."""
    return partial(read, known=find.task(task).labels)


_ALL = (
    Sheet("xnli", "tsv", _known(line_files.labels, "xnli"), write.labels, ACCURACY, _XNLI),
    Sheet("pawsx", "tsv", _known(line_files.labels, "pawsx"), write.labels, ACCURACY, "de en es fr ja ko zh"),
    Sheet(
        "xcopa",
        "jsonl",
        partial(line_files.choices, known=range(2)),
        write.choices,
        ACCURACY,
        "et ht id it qu sw ta th tr vi zh",
    ),
    Sheet("udpos", "tsv", _known(line_files.tags, "udpos"), write.tags, F1, f"{_UDPOS} lt pl uk wo ro"),
    Sheet("panx", "tsv", _known(line_files.tags, "panx"), write.tags, F1, f"{_PANX} qu pl uk az lt pa gu ro"),
    Sheet("xquad", "json", json_files.answers, write.answers, ANSWERS, "en es de el ru tr ar vi th zh hi ro"),
    Sheet("mlqa", "json", json_files.answers, write.answers, ANSWERS, "en es de ar hi vi zh"),
    Sheet("tydiqa", "json", json_files.answers, write.answers, ANSWERS, "en ar bn fi id ko ru sw te"),
    Sheet("bucc2018", "tsv", line_files.pairs, write.pairs, F1, "de fr ru zh"),
    Sheet("tatoeba", "tsv", line_files.indices, write.indices, ACCURACY, f"{_TATOEBA} az lt pl uk ro"),
    Sheet("mewslix", "json", json_files.rankings, write.rankings, RANKED, "ar de en es fa ja pl ro ta tr uk"),
    Sheet("lareqa", "json", json_files.rankings, write.rankings, RANKED, "ar de el en es hi ru th tr vi zh"),
)
SHEETS: Mapping[str, Sheet] = {sheet.task: sheet for sheet in _ALL}

SUITES = ("xtreme", "xtreme_r")
# As the evaluator groups them: XCOPA is in two groups of XTREME-R, and LAReQA in none.
GROUPS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "xtreme": {
        "classification": ("pawsx", "xnli"),
        "tagging": ("udpos", "panx"),
        "qa": ("xquad", "mlqa", "tydiqa"),
        "retrieval": ("bucc2018", "tatoeba"),
    },
    "xtreme_r": {
        "classification": ("xnli", "xcopa"),
        "tagging": ("udpos", "panx"),
        "qa": ("xquad", "mlqa", "tydiqa"),
        "retrieval": ("tatoeba", "mewslix"),
        "multi_choice": ("xcopa",),
    },
}


def sheet_of(task: str) -> Sheet | None:
    """The sheet of a task of the catalogue; that of the data that it shares with another, None where it has none."""
    return SHEETS.get(task) or SHEETS.get(str(find.task(task).corpus))


def suite_languages(suite: str) -> dict[str, tuple[str, ...]]:
    """The tasks of a suite by the name of their sheet, in its order, with its languages in the benchmark's order."""
    entry = find.suite(suite)
    found = {}
    for name in entry.tasks:
        if sheet := sheet_of(name):
            own = entry.languages.get(name, find.task(name).languages)
            found[sheet.task] = tuple(language for language in sheet.languages if language in own)
    return found
