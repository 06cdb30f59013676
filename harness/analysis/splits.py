"""Resource levels: which languages are low-resource, high-resource or unseen for a model; English is in no split."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.catalog.languages import ENGLISH, LANGUAGES
from harness.plan.split_rule import SplitRule
from harness.plan.study import Study
from harness.spec.errors import HarnessError
from harness.spec.model import Scratch
from harness.spec.phase import Evaluate, lineage, origin
from harness.spec.task import Data

Level = Literal["low", "high", "unseen"]
LEVELS: tuple[Level, ...] = ("low", "high", "unseen")

CountWords = Callable[[Data], Mapping[str, int]]


@dataclass(frozen=True)
class Split:
    """The rule of a study, and the pretraining words by language of each model trained from scratch.

    In scripts without spaces a letter counts as a word (`catalog.data.words_by_language`).
    """

    rule: SplitRule
    words: Mapping[str, Mapping[str, int]]

    def level(self, model: str, language: str) -> Level | None:
        """The resource level of `language` for the model called `model`; None for English.

        Raises HarnessError for a language that the rule cannot place.
        """
        if language == ENGLISH:
            return None
        if not self._seen(model, language):
            return "unseen"
        return "low" if self._low(model, language) else "high"

    def description(self, model: str) -> str:
        """One sentence that says how the languages of `model` are split."""
        low = f"Joshi class {self.rule.joshi_class} or lower"
        if model in self.words:
            low = low if self.rule.by == "joshi" else f"fewer than {self.rule.words:,} words of pretraining text"
            return f"Low-resource: {low}; unseen: no word of pretraining text; English is in no split."
        low = low if self.rule.by == "joshi" else f"less than {self.rule.cc100_gib:g} GiB of CC-100"
        return f"Low-resource: {low}; unseen: not in XLM-R's pretraining; English is in no split."

    def _seen(self, model: str, language: str) -> bool:
        if model in self.words:
            return self.words[model].get(language, 0) > 0
        return language in LANGUAGES and LANGUAGES[language].in_xlm_r

    def _low(self, model: str, language: str) -> bool:
        if self.rule.by == "joshi":
            if language not in LANGUAGES:
                raise HarnessError(f"split: language '{language}' has no Joshi class; write `split: {{by: size}}`")
            return LANGUAGES[language].joshi_class <= self.rule.joshi_class
        if model in self.words:
            return self.words[model][language] < self.rule.words
        return (LANGUAGES[language].cc100_gib or 0.0) < self.rule.cc100_gib


def split_of(study: Study, count_words: CountWords) -> Split:
    """The split of `study`; `count_words` gives the words by language of a pretraining set."""
    # Not of any point: without pretraining no language would count as seen.
    leaves = {point.at.model: point.leaves[0] for point in study.points if point.at.is_baseline}
    scratch = {name: leaf for name, leaf in leaves.items() if isinstance(origin(leaf), Scratch)}
    return Split(study.sweep.split, {name: _pretraining_words(leaf, count_words) for name, leaf in scratch.items()})


def _pretraining_words(leaf: Evaluate, count_words: CountWords) -> dict[str, int]:
    total: dict[str, int] = {}
    for phase in lineage(leaf):
        for data in phase.data if phase.role == "pretrain" else ():
            for language, words in count_words(data).items():
                total[language] = total.get(language, 0) + words
    return total
