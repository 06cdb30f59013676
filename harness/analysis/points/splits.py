"""Resource levels: which languages are low-resource, high-resource or unseen for a model; English is in no split."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.analysis.points.pretraining import CountWords, Pretraining, pretraining
from harness.catalog.languages import ENGLISH, LANGUAGES
from harness.plan.sweeps.split_rule import SplitRule
from harness.plan.sweeps.study import Study
from harness.spec.errors import HarnessError

Level = Literal["low", "high", "unseen"]
LEVELS: tuple[Level, ...] = ("low", "high", "unseen")


@dataclass(frozen=True)
class Split:
    """The rule of a study, and what each of its models was pretrained on.

    In scripts without spaces a letter counts as a word (`catalog.data.words_by_language`).
    """

    rule: SplitRule
    read: Mapping[str, Pretraining]

    def level(self, model: str, language: str) -> Level | None:
        """The resource level of `language` for the model called `model`; None for English.

        Raises HarnessError for a language that the rule cannot place.
        """
        if language == ENGLISH:
            return None
        if not self.read[model].holds(language):
            return "unseen"
        return "low" if self._low(model, language) else "high"

    def description(self, model: str) -> str:
        """One sentence that says how the languages of `model` are split."""
        read = self.read[model]
        low, unseen = f"less than {self.rule.cc100_gib:g} GiB of {read.corpus}", f"not in {read.corpus}"
        if read.corpus is None:
            low, unseen = f"fewer than {self.rule.words:,} words of pretraining text", "no word of pretraining text"
        if self.rule.by == "joshi":
            low = f"Joshi class {self.rule.joshi_class} or lower"
        if read.languages is None:
            unseen = "none, since it is not known what the model has read"
        return f"Low-resource: {low}; unseen: {unseen}; English is in no split."

    def _low(self, model: str, language: str) -> bool:
        if self.rule.by == "joshi":
            if language not in LANGUAGES:
                raise HarnessError(f"split: language '{language}' has no Joshi class; write `split: {{by: size}}`")
            return LANGUAGES[language].joshi_class <= self.rule.joshi_class
        read = self.read[model]
        return read.amount(language, model) < (self.rule.cc100_gib if read.corpus else self.rule.words)


def split_of(study: Study, count_words: CountWords) -> Split:
    """The split of `study`; `count_words` gives the words by language of a pretraining set."""
    # Not of any point: without pretraining no language would count as seen.
    leaves = {point.at.model: point.leaves[0] for point in study.points if point.at.is_baseline}
    return Split(study.sweep.split, {name: pretraining(leaf, count_words) for name, leaf in leaves.items()})
