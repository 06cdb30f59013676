"""Read the results of a study from its run folder: the one place where the analysis meets files."""

import dataclasses
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from harness.analysis.answer import Answer, answer
from harness.analysis.values import Missing
from harness.catalog import data as catalog_data
from harness.files.atomic import read_text
from harness.files.ceiling import read_ceiling
from harness.files.layout import PhaseFolder, folder_of
from harness.plan.dag import plan
from harness.plan.sweeps.study import Study
from harness.run.bill.rows import counted
from harness.run.bill.shortfalls import short_training_sets
from harness.run.freeze import read_frozen
from harness.run.track.score import read_scores
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.load import from_json
from harness.spec.record import Record, Scores
from harness.spec.task import Data


class RunFolder:
    """What a run folder knows of the phases of one study, each file read once."""

    def __init__(self, runs: Path, study: Study) -> None:
        """Look up the phases of `study` below `runs`."""
        self._folders = {identity(phase): folder_of(runs, phase) for phase in plan(study.evaluations)}
        self.record = cache(self._record)
        self.scores = cache(self._scores)
        self.environment = cache(self._environment)

    def folder(self, phase: str) -> PhaseFolder:
        """The folder of the phase with this id."""
        return self._folders[phase]

    def _record(self, phase: str) -> Record | None:
        return self._folders[phase].whole_record()

    def _scores(self, phase: str) -> Scores | None:
        return read_scores(self._folders[phase])

    def _environment(self, phase: str) -> Mapping[str, Any] | Missing | None:
        file = self._folders[phase].environment_file
        if not file.exists():
            return None
        try:
            return from_json(dict[str, Any], read_text(file, "an environment"), str(file))  # type: ignore[no-any-return]
        except HarnessError as error:
            return Missing(str(error))


def results(runs: Path, study: Study, root: Path | None) -> Answer:
    """The answer of `study` as far as the run folder `runs` has it; `root` is the data folder.

    What was planned of it is what that folder says was fixed before the first phase. Its notes name the training sets
    that have fewer rows than were published.
    """
    found = answer(study, RunFolder(runs, study), partial(_words, root=root), read_ceiling(runs))
    short = short_training_sets(plan(study.evaluations), root, counted(root, runs))
    return dataclasses.replace(found, notes=(*short, *found.notes), frozen=read_frozen(runs, study))


@cache
def _words(data: Data, root: Path | None) -> dict[str, int]:
    return dict(catalog_data.words_by_language(data, root))
