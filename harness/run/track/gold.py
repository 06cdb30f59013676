"""Score one language of a finished evaluation: its gold, its predictions, their pool and what tunes the metric."""

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.catalog import data as catalog_data
from harness.catalog import find
from harness.catalog.coverage import shortfall
from harness.catalog.gold import asked, refuse_placeholders
from harness.files.layout import folder_of
from harness.files.predictions import predictions_file, read_predictions, variant_folder, variants
from harness.spec.errors import HarnessError
from harness.spec.example import Prediction
from harness.spec.phase import Evaluate
from harness.spec.record import BLOCKS, LanguageScore
from harness.spec.task import Data, Metric, Score


def metric_of(leaf: Evaluate) -> Metric:
    """The metric of the task that `leaf` evaluates; raises HarnessError where it has none."""
    metric = find.task(leaf.data.task).metric
    if metric is None:
        raise HarnessError(f"task '{leaf.data.task}' has no metric, so it cannot be a target")
    return metric


class Gold:
    """The gold of one evaluation; `root` is the data folder, and a pool is read once for all languages."""

    def __init__(self, runs: Path, leaf: Evaluate, root: Path | None) -> None:
        """Look for the predictions of `leaf` below `runs`."""
        self._runs, self._leaf, self._root = runs, leaf, root
        self._metric = metric_of(leaf)

    def score(self, language: str) -> LanguageScore:
        """The headline, further values and the headline of every stored variant.

        Raises HarnessError for gold that is hidden, absent or a placeholder, and for absent or damaged predictions.
        """
        folder = folder_of(self._runs, self._leaf).predictions
        predictions = read_predictions(folder, language)
        own = self.rows(self._leaf.data, language)
        rows = [*own, *self._pool] if self._metric.reads_pool else own
        score = self._tuned(language)
        values = score(rows, predictions, language)
        for variant in variants(folder):
            if predictions_file(folder, language, variant).exists():
                other = read_predictions(variant_folder(folder, variant), language)
                values[variant] = score(rows, other, language)["score"]
        chance, blocks = self._metric.chance(rows, language), self._blocks(score, own, predictions, language)
        return LanguageScore(values, chance, asked(own), self.partial(language), blocks)

    def partial(self, language: str) -> str | None:
        """What the rows, or the candidates that all languages share, lack of those that were published, in words.

        None for all of them. What was cut by `limit` is not counted: the sweep says it.
        """
        data, source = self._leaf.data, find.task(self._leaf.data.task).source
        place = (data.split, language)
        rows = None
        if data.limit is None:
            rows = shortfall(source, self._root, place, lambda: sum(1 for _ in source.rows(self._root, *place)))
        return "; ".join(filter(None, (rows, self._partial_pool))) or None

    def rows(self, data: Data, language: str, hidden: bool = False) -> list[Any]:
        """The rows of `data` in one language; raises HarnessError where there are none.

        Placeholders are refused too, unless gold may be `hidden`.
        """
        part = tuple(part for part in data.parts if part.language == language)
        rows = [example for _, example in catalog_data.rows(dataclasses.replace(data, parts=part), self._root)]
        if not rows:
            raise HarnessError(f"{data.task}/{language}: there are no gold rows in its split '{data.split}'")
        if not hidden:
            try:
                refuse_placeholders(rows)
            except HarnessError as error:
                raise HarnessError(f"{data.task}/{language}, split '{data.split}': {error}") from error
        return rows

    def answered(self, language: str) -> list[Any]:
        """The rows that want an answer, with the right ones that only their pool tells."""
        return self._answered(self.rows(self._leaf.data, language))

    def tuning(self, language: str) -> tuple[list[Any], dict[str, Prediction]]:
        """Gold and predictions that the metric is tuned on; raises HarnessError where there are none."""
        tuning = self._leaf.tuning
        if tuning is None or language not in tuning.data.languages:
            raise HarnessError(
                f"{self._leaf.data.task}/{language}: the metric has to be tuned, and no evaluation of a tuning split "
                "is at hand for this language"
            )
        folder = folder_of(self._runs, tuning).predictions
        return self.rows(tuning.data, language), read_predictions(folder, language)

    @cached_property
    def _pool(self) -> list[Any]:
        if self._leaf.pool is None:
            return []
        return [example for _, example in catalog_data.rows(self._leaf.pool, self._root)]

    def _answered(self, own: list[Any]) -> list[Any]:
        if not self._metric.reads_pool:
            return [row for row in own if asked((row,))]
        right: dict[str, list[str]] = {row.id: list(row.answers or ()) for row in own}
        for candidate in self._pool:
            for key in candidate.answers or ():
                if key in right:
                    right[key].append(candidate.id)
        return [row._replace(answers=tuple(right[row.id])) for row in own]

    def _blocks(
        self, score: Score, own: list[Any], predictions: Mapping[str, Prediction], language: str
    ) -> tuple[float | None, ...]:
        """The headline of each block of the rows that want an answer; none for a metric that parts mean nothing to."""
        if not self._metric.by_items:
            return ()
        rows = self._answered(own)
        blocks = (rows[block::BLOCKS] for block in range(BLOCKS))
        return tuple(score(block, predictions, language)["score"] if block else None for block in blocks)

    def _tuned(self, language: str) -> Score:
        """The score to use: where the metric has a free parameter, with the one that is best on the tuning split."""
        if self._metric.tune is None:
            return self._metric.score
        return self._metric.tune(*self.tuning(language), language)

    @cached_property
    def _partial_pool(self) -> str | None:
        """What is partial about the pool, since fewer candidates make a task easier."""
        pool, declared = self._leaf.pool, find.task(self._leaf.data.task).pool
        if pool is None or declared is None:
            return None
        wanted = declared.languages or find.task(self._leaf.data.task).languages
        if absent := [language for language in wanted if language not in pool.languages]:
            return f"partial pool: candidates in {len(wanted) - len(absent)} of {len(wanted)} languages"
        return f"partial pool: the first {pool.limit} candidates of each language" if pool.limit else None
