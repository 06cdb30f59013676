"""`harness data models`: how large each model of the catalogue is, where its weights are from, what is known of it."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.analysis.table import Row, Table
from harness.catalog import find
from harness.plan.network.size import size
from harness.spec.model import CatalogModel

COLUMNS = ("model", "network", "weights", "licence", "languages", "levels by")
COUNTS = ("parameters", "active", "in layers", "learning rate")
NAMED = 6  # languages that a cell names
INTRODUCTION = (
    "Written by `harness data models --markdown > docs/models.md`; a test fails while it is out of date.",
    "Parameters are those of the bare encoder or decoder, without pooler and output embeddings, exactly as",
    "transformers builds it. `active` are those that one token passes, `in layers` the N of C = 6ND: the matrices of",
    "the layers that a token is multiplied with. `weights` names the hub's repository with the beginning of the pinned",
    "revision; no hub was reachable where they were written down: the revisions were read in public code that pins",
    "them. A model that is not pinned can be drawn from a seed here, but not loaded. `levels by` says what its low-",
    "and high-resource languages go by: a corpus whose sizes are known, or else `split: {by: joshi}` in the sweep.",
)


def model_table() -> Table:
    """One row a model of the catalogue; what was recollected and not read is in the notes."""
    models = [find.model(name) for name in find.model_names()]
    published = tuple(_row(model) for model in models if model.hub_id)
    drawn = tuple(_row(model) for model in models if not model.hub_id)
    return Table("Models", (*COLUMNS, *COUNTS), (published, drawn), len(COLUMNS), tuple(_notes(models)))


def markdown() -> str:
    """docs/models.md as it should be."""
    return "\n".join(("# Models", "", *INTRODUCTION, "", model_table().markdown().rstrip("\n"))) + "\n"


def _row(model: CatalogModel) -> Row:
    found = size(model.architecture)
    return (
        model.name,
        find.family(model.architecture.family).model_class,
        _weights(model),
        model.licence or "this project's",
        _languages(model),
        (model.corpus or "Joshi classes") if model.hub_id else "words counted here",
        f"{found.parameters:,}",
        f"{found.active:,}",
        f"{found.multiplied_in_layers:,}",
        f"{model.recipe['learning_rate']:g}",
    )


def _weights(model: CatalogModel) -> str:
    if model.hub_id is None:
        return "drawn here"
    return f"{model.hub_id}@{model.revision[:8]}" if model.revision else f"{model.hub_id}, not pinned"


def _languages(model: CatalogModel) -> str:
    if model.hub_id is None:
        return "those of its text"
    if model.languages is None:
        return f"{model.spoken:,}, not listed here" if model.spoken else "not known here"
    return " ".join(model.languages) if len(model.languages) <= NAMED else str(len(model.languages))


def _notes(models: Sequence[CatalogModel]) -> Iterator[str]:
    for unverified, alike in groupby(models, lambda model: model.unverified):
        if unverified:
            yield f"{', '.join(model.name for model in alike)}, from memory: {'; '.join(unverified)}."
