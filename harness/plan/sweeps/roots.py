"""Where the lineages of a sweep's model begin: published, imported, or drawn here and perhaps pretrained."""

import dataclasses

from harness.catalog import find
from harness.plan.sweeps import recipes
from harness.plan.sweeps.datasets import Datasets
from harness.plan.sweeps.model_specs import ImportedSpec, ScratchSpec, TextSet, VariantSpec, name_of
from harness.plan.sweeps.text import text_format
from harness.spec.errors import HarnessError
from harness.spec.model import Architecture, CatalogModel, Imported, Model, Pretrained, Scratch, TrainTokenizer
from harness.spec.phase import Train

Spec = str | VariantSpec | ScratchSpec | ImportedSpec
State = Model | Train


def catalogued(spec: Spec, data: Datasets) -> CatalogModel:
    """Architecture and recipe defaults of a model, by the name that the sweep gives it.

    An imported one has the defaults of the catalogue's model of its architecture, if there is one.
    """
    if isinstance(spec, ImportedSpec):
        architecture = data.imported(spec.imported).architecture
        every = (find.model(name) for name in find.model_names())
        alike = next((model for model in every if model.architecture == architecture), CatalogModel("", architecture))
        return CatalogModel(spec.name, architecture, recipe=alike.recipe, target_recipe=alike.target_recipe)
    if isinstance(spec, str):
        return find.model(spec)
    return _variant(spec, find.model(spec.model if isinstance(spec, VariantSpec) else spec.architecture))


def _variant(spec: VariantSpec | ScratchSpec, found: CatalogModel) -> CatalogModel:
    return dataclasses.replace(
        found, name=spec.name, architecture=_attending(spec, found.architecture), said=spec.recipe
    )


def _attending(spec: VariantSpec | ScratchSpec, architecture: Architecture) -> Architecture:
    if spec.attention is None:
        return architecture
    if architecture.bidirectional:
        raise HarnessError(f"model '{spec.name}': attends to everything already; leave out `attention`")
    return dataclasses.replace(architecture, bidirectional=True)


def start_of(spec: Spec, model: CatalogModel, data: Datasets, seed: int) -> State:
    """The state from which a model's lineages go on; raises HarnessError for what it cannot have."""
    if isinstance(spec, ScratchSpec):
        return _from_scratch(spec, model, data, seed)
    if seed:
        made = "imported" if isinstance(spec, ImportedSpec) else "published"
        raise HarnessError(
            f"model '{model.name}': is {made}, so it has no pretraining seeds; give them to scratch models"
        )
    if isinstance(spec, ImportedSpec):
        return data.imported(spec.imported)
    if model.hub_id is None:
        raise HarnessError(
            f"model '{name_of(spec)}': has no published weights; give it a tokenizer and text to train from scratch"
        )
    return Pretrained(model.hub_id, model.revision, model.architecture)


def masked_text(spec: Spec, text: tuple[TextSet, ...]) -> tuple[TextSet, ...]:
    """What a model reads where a chain says mlm: the sweep's `text`, or else the text it was pretrained on here."""
    own = spec.text if isinstance(spec, ScratchSpec) else ()
    if not (text or own):
        raise HarnessError(
            f"model '{name_of(spec)}': was pretrained elsewhere, so `mlm` has no text here; "
            "name some in the sweep, such as `text: [{task: text}]`"
        )
    return text or own


def why_no_random_counterpart(start: Model | Train) -> str:
    """Why there is no control without pretraining."""
    match start:
        case Pretrained():
            return "the model is published with its weights, so it has no random counterpart here"
        case Imported():
            return "the model is imported with its weights, so it has no random counterpart here"
        case _:
            return "the model is not pretrained here, so its baseline is that control already"


def _from_scratch(spec: ScratchSpec, model: CatalogModel, data: Datasets, seed: int) -> State:
    text = tuple(data.pretraining(part) for part in spec.text)
    tokenizer = TrainTokenizer(spec.tokenizer.algorithm, spec.tokenizer.vocabulary, text)
    scratch = Scratch(recipes.with_vocabulary(model.architecture, spec.tokenizer.vocabulary), tokenizer, seed)
    if spec.pretrain is None:
        return scratch
    read = (data.unlabelled(text, text_format(model, drawn_here=True)),)
    return Train(scratch, read, recipes.pretraining(spec, model, read, seed), "pretrain")
