"""What a model read before a study: which languages, and how much of each, where that is known."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from harness.catalog import find
from harness.catalog.languages import CORPORA
from harness.spec.errors import HarnessError
from harness.spec.model import CatalogModel, Imported, Model, Pretrained, Scratch
from harness.spec.phase import Evaluate, lineage, origin
from harness.spec.task import Data

CountWords = Callable[[Data], Mapping[str, int]]


@dataclass(frozen=True)
class Pretraining:
    """The text that a model has read: GiB of a named corpus, or words that were counted here.

    None where it is not known which languages it holds, or how much of each.
    """

    corpus: str | None
    languages: Collection[str] | None
    amounts: Mapping[str, float] | None

    def holds(self, language: str) -> bool:
        """Whether the model has read `language`; where that is not known, it counts as read."""
        return self.languages is None or language in self.languages

    def amount(self, language: str, model: str) -> float:
        """How much of `language` it holds; raises HarnessError, naming `model`, where that is not known."""
        if self.amounts is None or language not in self.amounts:
            raise HarnessError(
                f"split: how much '{language}' model '{model}' was pretrained on is not known; write "
                "`split: {by: joshi}`"
            )
        return self.amounts[language]


def pretraining(leaf: Evaluate, count_words: CountWords) -> Pretraining:
    """What the model of a lineage without intermediate stages has read."""
    start = origin(leaf)
    if isinstance(start, Scratch):
        words = _words(leaf, count_words)
        return Pretraining(None, {language for language, number in words.items() if number}, words)
    model = _catalogued(start)
    if model.corpus is None:
        return Pretraining(None, model.languages, None)
    amounts = CORPORA[model.corpus]
    return Pretraining(model.corpus, amounts.keys(), amounts)


def _catalogued(start: Model) -> CatalogModel:
    """The published model, or, of a checkpoint from elsewhere, the first of its family: it went on from one of them."""
    published = [model for model in map(find.model, find.model_names()) if model.hub_id]
    match start:
        case Pretrained(hub_id=hub_id):
            return next(model for model in published if model.hub_id == hub_id)
        case Imported() | Scratch():
            return next(model for model in published if model.architecture.family == start.architecture.family)


def _words(leaf: Evaluate, count_words: CountWords) -> dict[str, float]:
    total: dict[str, float] = {}
    for phase in lineage(leaf):
        for data in phase.data if phase.role == "pretrain" else ():
            for language, words in count_words(data).items():
                total[language] = total.get(language, 0) + words
    return total
