"""The data of one study: pinned to their content where they are at hand, free of everything that is evaluated."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.catalog.languages import ENGLISH
from harness.plan.sweeps.chain import MASKED, language_of, task_of
from harness.plan.sweeps.model_specs import Languages, TextSet
from harness.plan.sweeps.sweep import TargetSpec
from harness.spec.errors import HarnessError
from harness.spec.load import nearest
from harness.spec.model import Imported
from harness.spec.task import Data, Format

DEV = "dev"


def _nothing_imported(digest: str) -> Imported:
    raise HarnessError(f"no imported checkpoint begins with '{digest}'; `harness import DIR` copies one and tells it")


@dataclass(frozen=True)
class DataAccess:
    """What a study asks of the data folder; without one, content stays unknown and nothing is held out.

    `imported` finds a checkpoint in the run folder by the beginning of its digest.
    """

    present: Callable[[str, str], tuple[str, ...]]
    pin: Callable[[Data], Data]
    held_out: Callable[[Data, Sequence[Data]], tuple[str, ...]]
    imported: Callable[[str], Imported] = _nothing_imported


class Datasets:
    """Training sets and evaluation sets of one sweep, each made once.

    No training set holds a text of an evaluation set, nor of the pool or the tuning set beside it.
    """

    def __init__(self, access: DataAccess, targets: Sequence[TargetSpec]) -> None:
        self._access = access
        self._evaluated = {target.task: self._evaluation(target) for target in targets}
        beside = [data for target in targets for data in (self._held_pool(target), self.tuning(target)) if data]
        self._untouched = tuple(dict.fromkeys((*self._evaluated.values(), *beside)))
        self._made: dict[Data, Data] = {}

    def evaluation(self, target: TargetSpec) -> Data:
        """What a target is evaluated on."""
        return self._evaluated[target.task]

    def pool(self, target: TargetSpec) -> Data | None:
        """The candidates that all languages of a target share, where its task has such."""
        pool = find.task(target.task).pool
        if pool is None:
            return None
        languages = pool.languages or self._evaluated[target.task].languages
        return self._access.pin(catalog_data.dataset(target.task, pool.split, languages))

    def tuning(self, target: TargetSpec) -> Data | None:
        """What the free parameter of a target's metric is fixed on, where it has one."""
        split = find.task(target.task).tuned_on
        if split is None:
            return None
        return self._access.pin(dataclasses.replace(self._evaluated[target.task], split=split))

    def english_dev(self, task: str) -> Data | None:
        """The English dev rows of a task whose labels are open, as far as is known; None where it has none.

        Training sets are not freed of them: so an `analysis` block changes no phase that was there without it.
        """
        entry = find.task(task)
        if entry.metric is None or ENGLISH not in entry.languages or DEV not in entry.source.splits:
            return None
        return self._access.pin(catalog_data.dataset(task, DEV, (ENGLISH,)))

    def imported(self, digest: str) -> Imported:
        """The imported checkpoint whose digest begins so."""
        return self._access.imported(digest)

    def training(self, name: str, limit: int | None, shuffled: bool) -> Data:
        """The training set that a chain calls `name`, without anything that is evaluated."""
        task, language = task_of(name), language_of(name)
        if "@" in name and language not in find.task(task).languages:
            known = find.task(task).languages
            raise HarnessError(f"'{name}': task '{task}' has no rows in '{language}'; {nearest(language, known)}")
        made = catalog_data.dataset(task, "train", (language,), limit=limit, shuffled_labels=shuffled or None)
        return self._without_evaluated(made)

    def pretraining(self, text: TextSet) -> Data:
        """One set of pretraining text, without anything that is evaluated."""
        languages = self._languages(text.task, text.split, text.languages)
        return self._without_evaluated(catalog_data.dataset(text.task, text.split, languages, limit=text.limit))

    def unlabelled(self, text: tuple[Data, ...], format_: Format, limit: int | None = None) -> Data:
        """`text` as one set for language modelling, at most `limit` rows of each language."""
        return dataclasses.replace(catalog_data.dataset(MASKED, "train", ()), format=format_, text=text, limit=limit)

    def _evaluation(self, target: TargetSpec) -> Data:
        split = target.split or find.task(target.task).evaluate_on
        languages = self._languages(target.task, split, target.languages)
        return self._access.pin(catalog_data.dataset(target.task, split, languages, limit=target.limit))

    def _held_pool(self, target: TargetSpec) -> Data | None:
        pool = find.task(target.task).pool
        return self.pool(target) if pool and pool.held_out else None

    def _languages(self, task: str, split: str, asked: Languages) -> tuple[str, ...]:
        declared = find.task(task).languages
        if isinstance(asked, tuple):
            for language in asked:
                if language not in declared:
                    raise HarnessError(f"task '{task}' has no language '{language}'; {nearest(language, declared)}")
            return asked
        present = self._access.present(task, split) if asked == "present" else ()
        return tuple(language for language in declared if language in present) or declared

    def _without_evaluated(self, data: Data) -> Data:
        if data not in self._made:
            pinned = self._access.pin(data)
            held_out = self._access.held_out(pinned, self._untouched) if pinned.at_hand else ()
            self._made[data] = dataclasses.replace(pinned, held_out=held_out)
        return self._made[data]
