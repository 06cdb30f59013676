"""What transformers calls the parameters of a checkpoint, and what they are called here."""

from collections.abc import Mapping
from typing import NamedTuple

from harness.spec.family import Family
from harness.spec.task import Format

ENCODER, ENCODER_THERE = "encoder.", "roberta."
MASKED_HEAD = "heads.mlm."  # stays with its encoder; every other head is fresh in each stage
# transformers' XLMRobertaLMHead; older files repeat the bias, which it ties, under a second name.
_MASKED = {
    "lm_head.dense.weight": "dense.weight",
    "lm_head.dense.bias": "dense.bias",
    "lm_head.layer_norm.weight": "norm.weight",
    "lm_head.layer_norm.bias": "norm.bias",
    "lm_head.decoder.bias": "out.bias",
    "lm_head.bias": "out.bias",
}


class Kind(NamedTuple):
    """A model class of transformers; `heads` are its names of the head's parameters by ours."""

    name: str
    heads: Mapping[str, str]
    prefix: str = ENCODER_THERE


def _dense(theirs: str) -> dict[str, str]:
    return {"dense.weight": f"{theirs}.weight", "dense.bias": f"{theirs}.bias"}


def _out(theirs: str) -> dict[str, str]:
    return {"out.weight": f"{theirs}.weight", "out.bias": f"{theirs}.bias"}


BARE = Kind("XLMRobertaModel", {}, "")
KINDS: Mapping[Format, Kind] = {
    "pair": Kind("XLMRobertaForSequenceClassification", {**_dense("classifier.dense"), **_out("classifier.out_proj")}),
    "choice": Kind("XLMRobertaForMultipleChoice", {**_dense("roberta.pooler.dense"), **_out("classifier")}),
    "tagging": Kind("XLMRobertaForTokenClassification", _out("classifier")),
    "span": Kind("XLMRobertaForQuestionAnswering", _out("qa_outputs")),
    "mlm": Kind("XLMRobertaForMaskedLM", {ours: theirs for theirs, ours in _MASKED.items()}),
    "retrieval": Kind("XLMRobertaModel", _dense("pooler.dense"), ""),
}


def ours(name: str, family: Family) -> str:
    """Our name of a parameter that transformers calls `name`; of what we have no use for, some name of no parameter."""
    if family.published_masked_head and name in _MASKED:
        return MASKED_HEAD + _MASKED[name]
    prefix = next((prefix for prefix in family.prefixes if name.startswith(prefix)), "")
    bare = name.removeprefix(prefix)
    return ENCODER + family.aliases.get(bare, bare)
