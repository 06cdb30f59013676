"""Resource levels: which languages are low-resource, high-resource or unseen for a model; English is in no split."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.analysis.points.pretraining import CountWords, Pretraining, pretraining
from harness.catalog.languages import ENGLISH, LANGUAGES
from harness.plan.sweeps.split_file import SplitFile
from harness.plan.sweeps.split_rule import SplitRule
from harness.plan.sweeps.study import Study
from harness.spec.errors import HarnessError

Level = Literal["low", "high", "unseen"]
NO_SPLIT = "English is in no split"
LEVELS: tuple[Level, ...] = ("low", "high", "unseen")


@dataclass(frozen=True)
class Split:
    """The rule of a study, what each of its models was pretrained on, and the user's own file where the rule is one.

    In scripts without spaces a letter counts as a word (`catalog.data.words_by_language`).
    """

    rule: SplitRule
    read: Mapping[str, Pretraining]
    own: SplitFile | None = None

    def level(self, model: str, language: str) -> Level | None:
        """The resource level of `language` for the model called `model`; None for English.

        Raises HarnessError for a language that the rule cannot place.
        """
        if language == ENGLISH:
            return None
        if self.rule.by == "file":
            return self._own.level(language)
        if not self.read[model].holds(language):
            return "unseen"
        return "low" if self._low(model, language) else "high"

    def description(self, model: str) -> str:
        """One sentence that says how the languages of `model` are split."""
        if self.rule.by == "file":
            return f"Low-resource and unseen: as {self._own.name} says (SHA-256 {self._own.digest[:8]}); {NO_SPLIT}."
        read = self.read[model]
        low, unseen = f"less than {self.rule.cc100_gib:g} GiB of {read.corpus}", f"not in {read.corpus}"
        if read.corpus is None:
            low, unseen = f"fewer than {self.rule.words:,} words of pretraining text", "no word of pretraining text"
        if self.rule.by == "joshi":
            low = f"Joshi class {self.rule.joshi_class} or lower"
        if read.languages is None:
            unseen = "none, since it is not known what the model has read"
        return f"Low-resource: {low}; unseen: {unseen}; {NO_SPLIT}."

    def descriptions(self, models: Iterable[str]) -> list[str]:
        """How the languages of `models` are split: a sentence for all where they agree, else each with its models."""
        found: dict[str, list[str]] = {}
        for model in dict.fromkeys(models):
            found.setdefault(self.description(model), []).append(model)
        return [text if len(found) == 1 else f"{', '.join(names)}: {text}" for text, names in found.items()]

    @property
    def _own(self) -> SplitFile:
        """The user's own file, which the rule asks for; raises HarnessError where nobody has read it."""
        if self.own is None:
            raise HarnessError(f"split: {self.rule.file} was not read; the study was not opened from a sweep file")
        return self.own

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
    read = {name: pretraining(leaf, count_words) for name, leaf in leaves.items()}
    return Split(study.sweep.split, read, study.split_file)
