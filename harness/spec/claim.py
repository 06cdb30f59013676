"""A claim: one published figure, with where it was published and whether that was read or recollected."""

from dataclasses import dataclass
from typing import Literal

Provenance = Literal["seen", "memory", "mixed"]
Kind = Literal["score", "gain", "gap", "share"]
ClaimSplit = Literal["dev", "test", "unknown"]


@dataclass(frozen=True)
class Claim:
    """One published `value` in percent or points.

    It is the score of `model` after the chain `after`, how much that gains over none, the `gap` between English and the
    mean of the other languages, or the `share` that a task has in the gain of a suite. `task` may be a suite. Of a task
    it is the mean over the languages of `suite`, or of all of them, unless there is a `language`. `name` is which value
    of the metric. Only what was `seen` in a source is verified; `mixed` is what was partly recollected, or computed.
    `apart` says why it can be compared with nothing that is measured here.
    """

    source: str
    model: str
    task: str
    value: float
    split: ClaimSplit
    provenance: Provenance
    kind: Kind = "score"
    after: str = "none"
    suite: str | None = None
    language: str | None = None
    name: str = "score"
    apart: str | None = None

    @property
    def verified(self) -> bool:
        """Whether it was read in a source."""
        return self.provenance == "seen"

    @property
    def measure(self) -> str:
        """What it is a figure of, such as `xnli/sw`, `gain of xquad/em` or `gap of panx`."""
        short = {"score": None, "exact_match": "em"}.get(self.name, self.name)
        parts = (self.task, self.language, short)
        text = "/".join(filter(None, parts))
        return text if self.kind == "score" else f"{self.kind} of {text}"
