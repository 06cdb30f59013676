"""`harness submit`: all that is pending goes to Slurm at once, as jobs that wait for each other; nothing stays running.

What one job holds, and how many shares of the cluster it has, is decided as for `harness run`. Launches of one shape
that wait for the same jobs are one array.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from harness.files import journal
from harness.files.journal import Journal
from harness.files.layout import folder_of
from harness.files.lease import acquire
from harness.plan.dag import Plan
from harness.plan.groups import Group
from harness.run import child
from harness.run.check import check
from harness.run.child import Command
from harness.run.conduct.job import Job, TakenError, prepare_all
from harness.run.conduct.probe import Probe
from harness.run.conduct.shares import Shares
from harness.run.freeze import freeze
from harness.run.launchers import launcher
from harness.run.schedulers import slurm
from harness.run.schedulers.slurm_script import SCRIPT, batch
from harness.run.scripts import FOLDER, left
from harness.run.store import exclusive, states
from harness.run.study import Work
from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import parents

JOURNAL = "submitted.jsonl"  # which job holds which phases
Say = Callable[[str], None]


def submit(work: Work, say: Say) -> None:
    """Submit every phase of `work` that is pending and in no job yet; `say` is given a line about each job.

    Raises HarnessError for another launcher than Slurm, and before anything is submitted if something could not be run.
    """
    cluster = work.cluster
    if cluster.launcher != "slurm":
        raise HarnessError(f"cluster '{cluster.name}': its launcher is {cluster.launcher}; give `--launcher slurm`")
    if cluster.probe:
        raise HarnessError(f"cluster '{cluster.name}': `probe` waits for launches; leave it out, or use `harness run`")
    check(work)
    freeze(work)
    with exclusive(work.runs):
        _Submission(work, say).run()


class _Submission:
    """One command: the jobs in the queue, by the ids of their phases, and how many more it may hold."""

    def __init__(self, work: Work, say: Say) -> None:
        self._work, self._say = work, say
        self._shares = Shares(work)
        self._journal = work.runs / FOLDER / JOURNAL
        queue, most = slurm.queued(), work.cluster.slurm.max_submitted
        if queue is None:
            raise HarnessError(
                "squeue does not answer, so that what is in the queue already is not known; try again later"
            )
        self._jobs = _held(self._journal, queue)
        self._room = None if most is None else max(0, most - len(queue))
        name = re.sub(r"[^\w.-]+", "-", work.study.sweep.name)
        self._stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{name}"
        self._submitted = 0

    def run(self) -> None:
        """Round after round as launches would follow each other, until all is submitted, or the queue is full."""
        everything = self._shares.free(())
        while pending := self._pending():
            chosen = self._shares.choose(everything)(pending)
            for waits, groups in _arrays(chosen, self._jobs).items():
                fitting = groups[: self._room]
                if fitting:
                    self._submit(fitting, waits[1])
                if len(fitting) < len(groups):
                    self._say(
                        f"the queue holds max_submitted jobs; {len(self._pending())} phases wait for this command again"
                    )
                    return
        if not self._submitted:
            self._say("nothing is pending that is in no job yet")

    def _pending(self) -> Plan:
        """What is pending and in no job, if all that it is made from is done, in a job, or among it."""
        found = states(self._work.runs, self._work.plan)
        done = {key for key, state in found.items() if state.status == "done"}
        # Slurm forgets jobs that have ended, and what waits for one that it does not know would never start.
        self._jobs = {key: job for key, job in self._jobs.items() if key not in done}
        usable = {key for key, state in found.items() if key in done or key in self._jobs}
        pending = []
        for key, state in found.items():
            free = state.status == "pending" and key not in self._jobs
            if free and usable.issuperset(map(identity, parents(state.phase))):
                usable.add(key)
                pending.append(state.phase)
        return tuple(pending)

    def _submit(self, groups: Sequence[Group], waits: Sequence[str]) -> None:
        self._submitted += 1
        stem = f"{self._stem}-{self._submitted}"
        words = ("sbatch", *self._options(groups, waits), SCRIPT)
        _, *options, script = left(Command(words, {}, self._files(groups, stem)), self._work.runs, stem).arguments
        held = [[identity(phase) for phase in group.phases] for group in groups]
        with Journal(self._journal) as kept:  # before it is submitted: the answer may be lost, or this command ended
            kept.append("submitting", job=slurm.job_name(script), phases=held)
        job = slurm.submit(script, _full, options=options)
        refs = [job] if len(groups) == 1 else [f"{job}_{index}" for index in range(len(groups))]
        for ref, keys in zip(refs, held, strict=True):
            self._jobs.update(dict.fromkeys(keys, ref))
        if self._room is not None:
            self._room -= len(groups)
        number = sum(len(group.phases) for group in groups)
        array = f", an array of {len(groups)}" if len(groups) > 1 else ""
        after = f", after {', '.join(waits)}" if waits else ""
        self._say(f"job {job}: {number} phases{array}{after} ({FOLDER}/{stem}.sbatch)")

    def _options(self, groups: Sequence[Group], waits: Sequence[str]) -> Iterator[str]:
        if waits:
            # Without the second option it would wait for ever for what has failed.
            yield from (f"--dependency=afterok:{':'.join(waits)}", "--kill-on-invalid-dep=yes")
        if len(groups) > 1:
            throttle = self._work.cluster.slurm.array_throttle
            yield f"--array=0-{len(groups) - 1}" + (f"%{throttle}" if throttle else "")

    def _files(self, groups: Sequence[Group], stem: str) -> dict[str, str]:
        """The batch script, after everything that it needs is written."""
        runs, cluster = self._work.runs, self._shares.given(groups[0].shares)
        probe = Probe(runs, launcher("slurm"), self._say, lambda: None)
        for group in groups:
            job = Job(runs, group.phases, stem, group.shares, runs / FOLDER / f"{stem}.out")
            with _leased(job):
                prepare_all(job, self._work, cluster, probe, lambda phase, planned: planned)
        folders = ((folder_of(runs, phase).path for phase in group.phases) for group in groups)
        return {SCRIPT: batch([child.phases(paths, "the job") for paths in folders], cluster)}


@contextmanager
def _leased(job: Job) -> Iterator[None]:
    """Hold the leases of `job` until the block ends; raises TakenError for what another command has."""
    try:
        for folder in job.folders:
            if not acquire(folder.lease_file, job.owner):
                raise TakenError(f"{folder.path.name}: another command works on it; submit again when that has ended")
        yield
    finally:
        job.give_back()


def _arrays(groups: Iterable[Group], jobs: Mapping[str, str]) -> dict[tuple[int, tuple[str, ...]], list[Group]]:
    """The groups by how many shares they have and for which jobs they wait."""
    found: dict[tuple[int, tuple[str, ...]], list[Group]] = {}
    for group in groups:
        own = {identity(phase) for phase in group.phases}
        above = {identity(parent) for phase in group.phases for parent in parents(phase)} - own
        waits = tuple(sorted({jobs[key] for key in above & jobs.keys()}))
        found.setdefault((len(group.shares), waits), []).append(group)
    return found


def _held(path: Path, queue: Mapping[str, str]) -> dict[str, str]:
    """By id of a phase the job that holds it, as far as it is in the queue; jobs are known by their names."""
    held = {event["job"]: event["phases"] for event in journal.read(path)}
    found: dict[str, str] = {}
    for job, name in queue.items():
        index = int(job.partition("_")[2] or 0)
        found.update(dict.fromkeys(held[name][index] if name in held else (), job))
    return found


def _full(seconds: float) -> NoReturn:
    raise HarnessError(
        "Slurm takes no more jobs of this user now, or does not answer; the same command submits the rest"
    )
