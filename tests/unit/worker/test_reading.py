"""How decoders read: what stands around their texts, and at which tokens their heads read it."""

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from harness.catalog import find as entries
from harness.spec.errors import HarnessError
from harness.spec.example import (
    ChoiceExample,
    PairExample,
    RetrievalExample,
    SpanExample,
    TaggedExample,
    TextExample,
)
from harness.spec.family import Template
from harness.spec.model import Architecture, Pretrained, Scratch, TrainTokenizer
from harness.spec.recipe import Window
from harness.worker.coder import Coder
from harness.worker.format import Feature, Ints, Reading, collate, find
from harness.worker.formats import choice, clm, mlm, pair, retrieval, span, tagging
from harness.worker.manner import DECODER_HERE, ENCODER_HERE, Manner, manner_of

ARCHITECTURE = Architecture("llama", 2, 8, 2, 2, 16, 90, bidirectional=False)


@pytest.fixture
def decoder(coder: Coder) -> Coder:
    """A decoder's manner over the same tokenizer."""
    return Coder(coder.tokenizer, DECODER_HERE)


def told(coder: Coder, tokens: Ints) -> str:
    """Tokens as text, special ones in a letter."""
    read = " ".join(str(coder.tokenizer.id_to_token(token)) for token in tokens)
    return read.replace("<s>", "(").replace("</s>", "|")


def read_at(coder: Coder, feature: Feature) -> list[str]:
    """The tokens at which the head reads, in every sequence, beside a longer one that pads them."""
    longer = feature._replace(tokens=np.arange(40) + 5, others=(), positions=np.zeros(0, int))
    batch = collate("t", [feature, longer], coder.padding)
    return [told(coder, token[None].numpy()) for token in batch.ids[batch.rows, batch.columns]]


def test_a_model_of_the_hub_reads_as_its_family_and_one_drawn_here_as_its_tokenizer() -> None:
    tokenizer = TrainTokenizer("words", 90, ())
    published = Pretrained("meta/llama", "0" * 40, ARCHITECTURE)
    assert manner_of(published) == Manner(entries.family("llama").template, decoder=True)
    assert manner_of(Scratch(ARCHITECTURE, tokenizer, 0)) == DECODER_HERE
    assert manner_of(Scratch(Architecture("mt5", 2, 8, 2, 2, 16, 90), tokenizer, 0)) == ENCODER_HERE
    assert ENCODER_HERE.template == entries.family("xlm_r").template


def test_a_class_is_read_at_the_last_real_token(decoder: Coder) -> None:
    (feature,) = pair.encode([PairExample("0", "ab", "cde", "x")], Reading(decoder, Window(), ("x",)))
    assert told(decoder, feature.tokens) == "a b | c d e |"
    assert collate("t", [feature], decoder.padding).columns.tolist() == [6]
    assert read_at(decoder, feature) == ["|"]


def test_each_choice_and_each_side_is_read_at_its_own_end(decoder: Coder) -> None:
    (feature,) = choice.encode([ChoiceExample("0", "ab", "", ("c", "def"), 1)], Reading(decoder, Window(), ()))
    assert [told(decoder, tokens) for tokens in feature.sequences] == ["a b | c |", "a b | d e f |"]
    assert collate("t", [feature], decoder.padding).columns.tolist() == [4, 6]
    row = RetrievalExample("0", "abcd", "e", (), None)
    (feature,) = retrieval.encode([row], Reading(decoder, Window(), ()))
    assert collate("t", [retrieval.group([feature, feature])], decoder.padding).columns.tolist() == [4, 4, 1, 1]


def test_a_word_is_read_at_its_last_subword(decoder: Coder, coder: Coder) -> None:
    example = [TaggedExample("0", ("ab", "c", "def"), ("N", "V", "N"))]
    (feature,) = tagging.encode(example, Reading(decoder, Window(), ("N", "V")))
    assert told(decoder, feature.tokens) == "a b c d e f |"
    assert read_at(decoder, feature) == ["b", "c", "f"]
    (feature,) = tagging.encode(example, Reading(coder, Window(), ("N", "V")))
    assert read_at(coder, feature) == ["a", "c", "d"]


def test_a_question_without_an_answer_points_where_a_class_is_read(decoder: Coder) -> None:
    reading = Reading(decoder, Window(), (), True)
    rows = [SpanExample("0", "ab", "c d e", (("d", 2),)), SpanExample("1", "ab", "c d", ())]
    held, none = span.encode(rows, reading)
    assert told(decoder, held.tokens) == "a b | c d e |"
    assert read_at(decoder, held) == ["|", "c", "d", "e"]
    assert (held.targets.tolist(), none.targets.tolist()) == ([4, 4], [5, 5])
    assert span.unheld([held, none]) == ()
    batch = collate("t", [held, none], decoder.padding)
    logits = torch.zeros(*batch.ids.shape, 2)
    for row, (start, end) in enumerate(batch.targets.view(-1, 2).tolist()):
        logits[row, start, 0] = logits[row, end, 1] = 9.0
    found = zip([held, none], span.reduce(logits.flatten(0, 1), batch), strict=True)
    assert span.decode(list(found), rows, ()) == {0: "d", 1: ""}


def test_a_text_before_which_a_token_stands_begins_behind_it(coder: Coder) -> None:
    bracketed = Coder(coder.tokenizer, Manner(Template(("<s>",), ("</s>",), (), "<pad>", "<unk>", "<mask>"), True))
    (feature,) = mlm.encode([TextExample("0", "ab", "cde")], Reading(bracketed, Window(), ()))
    assert told(bracketed, feature.tokens) == "( a b | c d e"
    assert feature.origin.tolist() == [1, 3, 4, 7]
    (feature,) = tagging.encode([TaggedExample("0", ("ab", "c"), ("N", "N"))], Reading(bracketed, Window(), ("N",)))
    assert read_at(bracketed, feature) == ["b", "c"]


def test_what_a_tokenizer_lacks_is_named(coder: Coder) -> None:
    foreign = Coder(coder.tokenizer, Manner(Template((), ("<|end|>",), ("<|end|>",), "<pad>"), True))
    with pytest.raises(HarnessError, match=r"has no token '<\|end\|>'; its model's family puts .* around texts"):
        foreign.single(np.array([5]))
    maskless = Coder(coder.tokenizer, Manner(Template((), ("</s>",), ("</s>",), "<pad>"), True))
    with pytest.raises(HarnessError, match="has no mask token, so its model cannot be trained on masked text"):
        maskless.mask  # noqa: B018
    assert maskless.pieces([""])[0].ids.tolist() == [maskless.padding]


def test_words_stand_behind_a_space_where_a_tokenizer_tells_that_apart() -> None:
    known = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "a", "b", "Ġ", "Ġa", "Ġb"]
    tokenizer = Tokenizer(models.BPE({token: at for at, token in enumerate(known)}, [("Ġ", "a"), ("Ġ", "b")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    coder = Coder(tokenizer, DECODER_HERE)
    assert [told(coder, piece.ids) for piece in coder.words(["a", "ab"])] == ["Ġa", "Ġa b"]
    assert [told(coder, piece.ids) for piece in coder.pieces(["a"])] == ["a"]


def test_every_token_but_the_first_is_predicted_from_those_before_it(decoder: Coder) -> None:
    texts = [TextExample("0", "ab", "cd"), TextExample("1", "a" * 10)]
    both, first, last = clm.encode(texts, Reading(decoder, Window(8), ()))
    assert told(decoder, both.tokens) == "a b | c d |"
    assert (both.positions.tolist(), told(decoder, both.targets)) == ([0, 1, 2, 3, 4], "b | c d |")
    # Seven letters fit: where the window cuts a text, no end is predicted.
    assert (told(decoder, first.tokens), told(decoder, first.targets)) == ("a a a a a a a |", "a a a a a a")
    assert (told(decoder, last.tokens), told(decoder, last.targets)) == ("a a a |", "a a |")
    assert [find("clm").weight(feature) for feature in (both, first, last)] == [5, 6, 3]
