"""What a cluster's scheduler is told: Slurm's settings and Kubernetes', as parts of a cluster; never an identity."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, NonNegativeInt, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from harness.spec.credentials import secret_set
from harness.spec.value import value


def _word(text: str) -> str:
    if not text or text.startswith("-") or re.search(r"[\s'\"\\$`;|&<>]", text):
        raise PydanticCustomError(
            "word", "should be a word without blanks, quotes, - in front, or any of \\ $ ` ; | & < >"
        )
    return text


def _name(text: str) -> str:
    if "," in text:
        raise PydanticCustomError("name", "should have no comma; give each host an entry of its own")
    return text


def _text(given: object) -> object:
    """YAML reads 12:00:00 without quotes as 43200, and 90 as a number; only the second means what it says."""
    if isinstance(given, int):
        raise PydanticCustomError("quotes", 'should be in quotes, as "12:00:00" or "90" (minutes)')
    return given


Word = Annotated[str, AfterValidator(_word)]  # stands in scripts as it is
HostName = Annotated[Word, AfterValidator(_name)]
TIME = re.compile(r"(\d+-)?\d+(:\d\d){0,2}")


@value
class Container:
    """The image that a Slurm job runs in; `binds` are folders seen inside, beside the run folder and the harness's.

    `apptainer` starts it with `apptainer exec`, `enroot` by the options that pyxis gives srun. `python` is the
    interpreter inside it, which has the harness and all that it needs.
    """

    runtime: Literal["apptainer", "enroot"]
    image: Word
    python: Word = "python3"
    binds: tuple[Word, ...] = ()


@value
class Slurm:
    """How jobs are submitted; what is left out is the site's default.

    `time` is a job's limit as Slurm writes it, `signal_seconds` before which a job is asked to write a checkpoint and
    is queued again. `lines` are further `#SBATCH` options, `prologue` lines of shell before the launch (module loads).
    At most `max_submitted` jobs of the user are queued, of an array at most `array_throttle` run.
    """

    partition: Word | None = None
    account: Word | None = None
    qos: Word | None = None
    constraint: str | None = None
    time: Annotated[str | None, BeforeValidator(_text)] = None
    signal_seconds: PositiveInt = 180
    lines: tuple[str, ...] = ()
    prologue: tuple[str, ...] = ()
    container: Container | None = None
    max_submitted: PositiveInt | None = None
    array_throttle: PositiveInt | None = None

    @model_validator(mode="after")
    def _time_is_slurms(self) -> "Slurm":
        if self.time is not None and not TIME.fullmatch(self.time):
            raise ValueError(f"'slurm.time' is '{self.time}'; it should be as in 90 (minutes), 12:00:00 or 2-00:00:00")
        return self

    @model_validator(mode="after")
    def _options_begin_with_two_dashes(self) -> "Slurm":
        for line in self.lines:
            if not line.startswith("--") or "\n" in line:
                raise ValueError(f"'slurm.lines' holds '{line}'; an option of sbatch is expected, such as --exclusive")
        if "\n" in (self.constraint or ""):
            raise ValueError("'slurm.constraint' has a second line; one is expected, such as \"a100&nvlink\"")
        return self

    @model_validator(mode="after")
    def _no_secrets(self) -> "Slurm":
        for line in (*self.lines, *self.prologue):
            if name := secret_set(line):
                raise ValueError(
                    f"'slurm' sets {name}; secrets belong in the environment of the command or in files that "
                    "only their owner reads, since scripts are kept in the run folder"
                )
        return self


@value
class Secret:
    """An environment variable whose text is an entry of a Kubernetes secret; the text itself stands nowhere here."""

    variable: Word
    name: Word
    key: Word


@value
class Kubernetes:
    """Where pods run: in them `image`, and the volume claim `claim` with the run folder.

    The claim is mounted at `mount`, or in its absence at the run folder's own path; either way the run folder has the
    same path there as here. `operator` reads the manifest: JobSet, or Kubeflow Trainer (from 2.2), whose `runtime` it
    names. `restarts` is how often JobSet starts all pods again; Trainer does as its runtime says.
    """

    image: Word
    claim: Word
    operator: Literal["trainer", "jobset"] = "jobset"
    namespace: Word = "default"
    runtime: Word = "torch-distributed"
    service_account: Word | None = None
    python: Word = "python3"
    restarts: NonNegativeInt = 3
    memory: Word | None = None
    mount: Word | None = None
    secrets: tuple[Secret, ...] = ()
