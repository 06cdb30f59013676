"""Text in chains and in pretraining: masked, or the next token where a model sees no further."""

import pytest

from harness.spec.errors import HarnessError
from harness.spec.identity import identity
from harness.spec.phase import Train, lineage, origin
from tests.unit.plan.studies import TEXT, point_on_axes, stages_of, study_of

DRAWN = """{{name: toy, architecture: {architecture}, tokenizer: {{algorithm: words, vocabulary: 90}},
  text: [{{task: toy_text}}], pretrain: {{duration: {{unit: epochs, amount: 1}}, batch_size: 16}}{more}}}"""


def drawn(architecture: str, more: str = "") -> str:
    """A model drawn and pretrained here."""
    return DRAWN.format(architecture=architecture, more=more)


def formats(model: str, chain: str = "mlm", *lines: str) -> list[str]:
    """The formats of every stage of the point, the first stage first."""
    study = study_of(chain, TEXT, *lines, model=model)
    return [data.format for phase in reversed([*lineage(point_on_axes(study).leaves[0])]) for data in phase.data]


def test_a_decoder_reads_text_by_its_next_token_and_an_encoder_masked() -> None:
    assert formats(drawn("xlm_r/toy")) == ["mlm", "mlm", "tagging"]
    assert formats(drawn("qwen3/toy")) == ["clm", "clm", "tagging"]
    assert formats("bloom/560m") == ["clm", "tagging"]
    assert formats("xlm_r/base") == ["mlm", "tagging"]


def test_with_its_mask_lifted_a_decoder_would_see_what_it_is_to_tell() -> None:
    lifted = drawn("qwen3/toy", ", attention: bidirectional")
    assert formats(lifted) == ["mlm", "mlm", "tagging"]
    leaf = study_of("mlm", model=lifted).leaves[0]
    assert origin(leaf).architecture.bidirectional


def test_an_encoder_has_no_mask_to_lift() -> None:
    with pytest.raises(HarnessError, match="model 'toy': attends to everything already; leave out `attention`"):
        study_of("mlm", model=drawn("xlm_r/toy", ", attention: bidirectional"))


def test_the_control_of_text_reads_as_the_model_does() -> None:
    study = study_of("mnli", "controls: [mlm_en]", model=drawn("qwen3/toy"))
    (stage,) = stages_of(point_on_axes(study, "mlm_en"))
    assert [(data.task, data.format) for data in stage.data] == [("mlm", "clm")]


def test_weights_of_a_mixture_are_said_as_in_the_chain() -> None:
    mixed = "recipe: {intermediate: {mixing: {rule: weights, weights: {mnli: 3, mlm: 1}}}}"
    assert formats(drawn("qwen3/toy"), "mnli+mlm", mixed) == ["clm", "clm", "pair", "tagging"]


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("qwen3/8b", "model 'qwen3/8b': its output embeddings are weights of their own"),
        (
            "{name: seeing, model: bloom/560m, attention: bidirectional}",
            "model 'seeing': its tokenizer has no mask token, so it cannot be trained on masked text",
        ),
        ("mt5/small", "model 'mt5/small': its tokenizer has no mask token"),
    ],
)
def test_a_published_model_that_cannot_be_trained_on_text_is_refused(model: str, sentence: str) -> None:
    with pytest.raises(HarnessError, match=sentence):
        study_of("mlm", TEXT, model=model)
    assert study_of("mnli", model=model).points


def test_a_recipe_of_a_drawn_model_is_for_all_stages_but_the_pretraining() -> None:
    plain, own = (
        point_on_axes(study_of("mnli", model=drawn("qwen3/toy", more))).leaves[0]
        for more in ("", ", recipe: {learning_rate: 7.0e-4, lora: {rank: 4, alpha: 8}}")
    )
    *stages, pretrained = lineage(own)
    assert [phase.recipe.learning_rate for phase in stages] == [7e-4, 7e-4]
    assert all(phase.recipe.lora for phase in stages)
    *_, first = lineage(plain)
    assert isinstance(pretrained, Train)
    assert identity(pretrained) == identity(first)
