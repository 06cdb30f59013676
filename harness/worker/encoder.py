"""The bare encoder as transformers builds it: sizes by the architecture, the rest by the config.json of its weights."""

from pathlib import Path
from typing import NamedTuple

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from transformers import PreTrainedConfig, PreTrainedModel
from transformers.initialization import no_init_weights

from harness.catalog import find
from harness.spec.errors import HarnessError
from harness.spec.family import Family
from harness.spec.model import Architecture

CONFIG = "config.json"
# Ids of special tokens belong to a tokenizer; transformers' defaults may lie outside a small vocabulary.
_NO_TOKENS = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"))


class Beside(NamedTuple):
    """The config.json beside weights, and the architecture of which it must tell."""

    path: Path
    architecture: Architecture


def build_encoder(architecture: Architecture, dropout: float, beside: Beside | None = None) -> PreTrainedModel:
    """The encoder, its weights not initialised; it may have fewer layers than the weights that it is to hold.

    What an architecture leaves open (activations, epsilons, rotary frequencies) is as in the config.json `beside` the
    weights, or else as transformers has it by default. Raises HarnessError where that file tells of another one.
    """
    family = find.family(architecture.family)
    model = getattr(transformers, family.model_class)
    sizes = family.config(architecture)
    config = _published(family, beside) if beside else _config_class(family)(**{**_NO_TOKENS, **sizes})
    for key, value in {**sizes, **dict.fromkeys(family.dropouts, dropout)}.items():
        setattr(config, key, value)
    config.dtype = torch.get_default_dtype()  # a file's own would reach a few parameters, such as Apertus' activations
    config.use_cache = False  # of keys and values, which only generation reads again
    config.is_causal = not architecture.bidirectional  # decides the masks that transformers makes
    config._attn_implementation = attention_of(architecture)
    with no_init_weights():
        encoder: PreTrainedModel = model(config, **family.bare)
    for module in encoder.modules():
        if hasattr(module, "is_causal"):
            module.is_causal = config.is_causal  # decides where there is no padding, hence no mask
    encoder.tie_weights()  # mT5's embeddings have two names; without initialisation transformers leaves them apart
    return encoder


def attention_of(architecture: Architecture) -> str:
    """How its family attends in transformers: by torch's fused attention, or by products and a softmax one by one."""
    model = getattr(transformers, find.family(architecture.family).model_class)
    return "sdpa" if model._supports_sdpa else "eager"


def _published(family: Family, beside: Beside) -> PreTrainedConfig:
    try:
        config = _config_class(family).from_json_file(beside.path)
    except (OSError, ValueError, TypeError, StrictDataclassError) as error:
        raise HarnessError(f"{beside.path}: is no {family.config_class}; fetch the model again") from error
    for key, expected in family.config(beside.architecture).items():
        if getattr(config, key, None) != expected:
            raise HarnessError(f"{beside.path}: {key} is {getattr(config, key, None)}; the catalogue has {expected}")
    return config


def _config_class(family: Family) -> type[PreTrainedConfig]:
    return getattr(transformers, family.config_class)  # type: ignore[no-any-return]
