"""The faults that scores must show: what is performed again under each, and what must then be said."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from harness.spec.model import TrainTokenizer
from harness.spec.phase import AnyPhase, Evaluate, lineage, slug
from tests.learning import faults
from tests.learning.expectations import CHOICE, INFERENCE, RETRIEVAL, TAGGING


@dataclass(frozen=True)
class Mutation:
    """`breaks` the code for the phases that are done `again`; `told` begins the sentences that must be said of it."""

    breaks: Callable[[faults.Patch], None]
    again: Callable[[AnyPhase], bool]
    told: tuple[str, ...]


def _roles(phase: AnyPhase) -> set[str]:
    return set() if isinstance(phase, TrainTokenizer) else {step.role for step in lineage(phase)}


def _taught(phase: AnyPhase) -> bool:
    """Stages after pretraining, and what they answer."""
    return _roles(phase) > {"pretrain"}


def _taught_twice(phase: AnyPhase) -> bool:
    return _roles(phase) >= {"intermediate", "target"}


def _taught_tagging(phase: AnyPhase) -> bool:
    return _taught(phase) and slug(phase).endswith(TAGGING)


def _answers(phase: AnyPhase) -> bool:
    return isinstance(phase, Evaluate) and "pretrain" in _roles(phase)


def _answers_by_head(phase: AnyPhase) -> bool:
    return _answers(phase) and _taught(phase)


def _retrieves(phase: AnyPhase) -> bool:
    return _answers(phase) and not _taught(phase)


def _pretrains(phase: AnyPhase) -> bool:
    """Pretraining and all that follows from it but inference, which tells nothing more."""
    return "pretrain" in _roles(phase) and not (_taught_twice(phase) or slug(phase).endswith((INFERENCE, "polarity")))


_GUESSED = "high-resource languages are guessed"
_UNLEARNT = "English is not learnt"
_USELESS = "pretraining does not help"

MUTATIONS = {
    "labels shuffled": Mutation(
        faults.labels_shuffled,
        _taught,
        (f"{TAGGING}: {_UNLEARNT}", f"{CHOICE}: {_UNLEARNT}", f"{INFERENCE}: toy_polarity does not help"),
    ),
    "positions from nought": Mutation(faults.positions_from_nought, _answers_by_head, (f"{TAGGING}: {_UNLEARNT}",)),
    "encoder not handed on": Mutation(
        faults.encoder_not_handed_on,
        _taught,
        (f"{TAGGING}: {_USELESS}", f"{CHOICE}: {_USELESS}", f"{INFERENCE}: toy_polarity does not help"),
    ),
    "intermediate skipped": Mutation(
        faults.intermediate_skipped, _taught_twice, (f"{INFERENCE}: toy_polarity does not help",)
    ),
    "head not found": Mutation(faults.head_not_found, _answers_by_head, (f"{TAGGING}: {_UNLEARNT}",)),
    "labels in another order": Mutation(
        faults.labels_in_another_order,
        _answers_by_head,
        (f"{TAGGING}: {_UNLEARNT}", f"{INFERENCE}: toy_polarity does not help"),
    ),
    "high for unseen": Mutation(
        partial(faults.languages_swapped, first="h", second="z"),
        _answers,
        tuple(f"{task}: unseen languages are not at the floor" for task in (TAGGING, CHOICE, RETRIEVAL)),
    ),
    "high for low": Mutation(
        partial(faults.languages_swapped, first="h", second="l"),
        _answers,
        tuple(f"{task}: low-resource languages are not below" for task in (TAGGING, RETRIEVAL)),
    ),
    "tags one word off": Mutation(faults.tags_one_word_off, _taught_tagging, (f"{TAGGING}: {_UNLEARNT}",)),
    "sentence with itself": Mutation(
        faults.sentence_with_itself, _retrieves, (f"{RETRIEVAL}: low-resource languages are not below",)
    ),
    "ranked upside down": Mutation(
        faults.ranked_upside_down, _retrieves, (f"{RETRIEVAL}: {_GUESSED}", f"{RETRIEVAL}: {_USELESS}")
    ),
    "masks leak": Mutation(faults.masks_leak, _pretrains, tuple(f"{task}: {_USELESS}" for task in (CHOICE, RETRIEVAL))),
}
