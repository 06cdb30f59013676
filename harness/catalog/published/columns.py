"""Columns of published tables as claims: `xquad_f1` is one value of one task, `avg` the score of the suite."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from harness.spec.claim import Claim, ClaimSplit, Provenance

NONE = "none"
X_STILTS = "x_stilts"  # for each target the best of several intermediate tasks, by dev
MEANS = ("avg", "overall", "total")
NAMES = {"f1": "f1", "em": "exact_match"}
# XTREME's retrieval reads the encoder as it stands; XTREME-R trains it on SQuAD first.
TASKS = {"xtreme": {"tatoeba": "tatoeba_raw"}}
CHAINS = {
    "ANLI+": "anli_plus",
    "MNLI": "mnli",
    "QQP": "qqp",
    "SQuADv1.1": "squad",
    "SQuADv2": "squad_v2",
    "HellaSwag": "hellaswag",
    "CCG": "ccg",
    "CosmosQA": "cosmos_qa",
    "CSQA": "commonsense_qa",
}
_SIZES = re.compile(r"^xlm-?r(?:oberta)?(?:[- ](base|large|xl|xxl))?$")


def model_of(name: str) -> str:
    """The catalogue's name of a published model; its own, in lower case, where the catalogue has none.

    XTREME's "XLM-R" is the large one.
    """
    plain = re.sub(r"\s*\(.*\)$", "", name).strip().lower()
    if found := _SIZES.match(plain):
        return f"xlm_r/{found[1] or 'large'}"
    return {"rembert": "rembert/base", "mbert-base": "mbert"}.get(plain, plain)


def place(column: str, suite: str) -> tuple[str, str]:
    """The task, or suite, of a column, and the name of its value."""
    if column in MEANS:
        return suite, "score"
    task, _, end = column.rpartition("_")
    task, name = (task, NAMES[end]) if end in NAMES else (column, "score")
    return TASKS.get(suite, {}).get(task, task), name


def figures(
    like: Claim,
    values: Mapping[str, float],
    recalled: Collection[str] = (),
    splits: Mapping[str, ClaimSplit] = MappingProxyType({}),
) -> Iterator[Claim]:
    """A claim for each column of one row of a table; `like` has what they share, its suite in `suite`.

    Columns that are `recalled` are from memory, and those in `splits` of another split than `like`.
    """
    for column, value in values.items():
        task, name = place(column, like.suite or "")
        provenance = "memory" if column in recalled else like.provenance
        split = splits.get(column, like.split)
        yield replace(like, task=task, name=name, value=value, split=split, provenance=provenance)


def languages(like: Claim, codes: Sequence[str], values: Sequence[float]) -> Iterator[Claim]:
    """A claim for each language of one task; `avg` among the codes is the mean over all."""
    for code, value in zip(codes, values, strict=True):
        yield replace(like, language=None if code in MEANS else code, value=value)


def shared(source: str, model: str, suite: str, provenance: Provenance) -> Claim:
    """What the claims of one row share: test scores without intermediate training, unless that is replaced."""
    return Claim(source, model_of(model), suite, 0.0, "test", provenance, suite=suite)
