"""How a model is trained where a chain says mlm: on masked text, or on the next token where it sees no further."""

from harness.catalog import find
from harness.spec.errors import HarnessError
from harness.spec.model import CatalogModel
from harness.spec.task import Format


def text_format(model: CatalogModel, drawn_here: bool) -> Format:
    """The format in which `model` reads text.

    A causal mask hides half of what masked text is predicted from, and without one the next token is seen. A model
    `drawn_here` has a tokenizer with a mask token. Raises HarnessError for a published one that has not what it takes.
    """
    if not model.architecture.bidirectional:
        if model.untied and not drawn_here:
            raise HarnessError(
                f"model '{model.name}': its output embeddings are weights of their own, which are not kept here, so it "
                "cannot be trained on text; name a model with tied embeddings, or a chain without `mlm`"
            )
        return "clm"
    if find.family(model.architecture.family).template.mask is None and not drawn_here:
        raise HarnessError(
            f"model '{model.name}': its tokenizer has no mask token, so it cannot be trained on masked text; "
            "name a chain without `mlm`"
        )
    return "mlm"
