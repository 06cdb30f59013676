"""Gold that tells nothing is refused: placeholders are constant or empty, and honest labels are neither."""

import pytest

from harness.catalog.gold import ENOUGH, asked, refuse_placeholders
from harness.spec.errors import HarnessError
from harness.spec.example import ChoiceExample, PairExample, RetrievalExample, SpanExample, TaggedExample

CONSTANT = {
    "pair": lambda n: PairExample(str(n), "a", "b", "neutral"),
    "choice": lambda n: ChoiceExample(str(n), "a", "b", ("c", "d"), 0),
    "tags": lambda n: TaggedExample(str(n), ("a", "b"), ("O", "O")),
    "answer": lambda n: SpanExample(str(n), "who?", "the", (("the", 0),)),
    "candidate": lambda n: RetrievalExample(str(n), "a", None, ("Q1",)),
}


@pytest.mark.parametrize("kind", CONSTANT)
def test_the_same_gold_everywhere_is_refused_unless_it_is_little(kind):
    rows = [CONSTANT[kind](number) for number in range(ENOUGH)]
    with pytest.raises(HarnessError, match=f"all {ENOUGH} examples have the label '.*': these are placeholders"):
        refuse_placeholders(rows)
    refuse_placeholders(rows[1:])


def test_one_other_label_is_enough():
    refuse_placeholders([*map(CONSTANT["pair"], range(100)), PairExample("x", "a", "b", "entailment")])
    refuse_placeholders([*map(CONSTANT["tags"], range(100)), TaggedExample("x", ("a",), ("B-PER",))])


@pytest.mark.parametrize("row", [RetrievalExample("m", "a", None, ("",)), PairExample("p", "a", "b", "")])
def test_an_empty_label_is_refused_in_any_number(row):
    with pytest.raises(HarnessError, match=f"'{row.id}' has an empty label"):
        refuse_placeholders([row])


def test_what_has_no_answer_is_no_placeholder():
    refuse_placeholders([SpanExample(str(n), "who?", "text", ()) for n in range(100)])
    refuse_placeholders([RetrievalExample(str(n), "a", None, ()) for n in range(100)])
    refuse_placeholders([PairExample(str(n), "a", "b", None) for n in range(100)])  # hidden: the metric says so


def test_candidates_by_themselves_ask_nothing():
    assert asked([RetrievalExample("q", "a", None, ()), RetrievalExample("c", None, "b", ()), CONSTANT["pair"](0)]) == 2
