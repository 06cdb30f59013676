"""How a model reads: its special tokens, by its family or by the tokenizer trained here, and which way it looks."""

from typing import NamedTuple

from harness.catalog import find
from harness.spec.family import Template
from harness.spec.model import Model, Scratch

BOS, PAD, EOS, UNK, MASK = SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")  # of tokenizers trained here


class Manner(NamedTuple):
    """How a model reads: its special tokens, and whether it is a decoder, which sees only what stands before."""

    template: Template
    decoder: bool = False


ENCODER_HERE = Manner(Template((BOS,), (EOS, EOS), (EOS,), PAD, UNK, MASK))
DECODER_HERE = Manner(Template((), (EOS,), (EOS,), PAD, UNK, MASK), decoder=True)


def manner_of(model: Model) -> Manner:
    """How `model` reads: as its family does, but with the special tokens of a tokenizer trained here if it has one."""
    family = find.family(model.architecture.family)
    if isinstance(model, Scratch):
        return DECODER_HERE if family.decoder else ENCODER_HERE
    return Manner(family.template, family.decoder)
