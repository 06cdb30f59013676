"""Retrieval: what is encoded of a row, and training with the negatives of a group."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from harness.plan.network.flops import TRAINING
from harness.spec.errors import HarnessError
from harness.spec.recipe import Window
from harness.worker.accounting import Accountant
from harness.worker.coder import Coder
from harness.worker.data import dealt, global_batches
from harness.worker.format import Feature, Reading, collate
from harness.worker.formats import retrieval
from harness.worker.network import head_specs
from tests.unit.worker.retrieval_rows import ARCHITECTURE, DATA, FORMAT, RECIPE, pairs, row
from tests.unit.worker.retrieval_rows import encoded as made


def _read(coder: Coder, tokens: Any) -> str:
    return " ".join(coder.tokenizer.id_to_token(token) for token in tokens.tolist())


def test_a_row_is_a_query_a_candidate_or_both(coder: Coder) -> None:
    rows = [row("0", "ab", "c"), row("1", "d", None), row("2", None, "e")]
    both, asked, told = FORMAT.encode(rows, Reading(coder, Window(), ()))
    assert [_read(coder, tokens) for tokens in both.sequences] == ["<s> a b </s>", "<s> c </s>"]
    assert [_read(coder, feature.tokens) for feature in (asked, told)] == ["<s> d </s>", "<s> e </s>"]
    assert [feature.origin.tolist() for feature in (both, asked, told)] == [[0, 1], [0], [1]]


def test_queries_and_candidates_have_lengths_of_their_own(coder: Coder) -> None:
    window = Window(max_length=12, max_query=6)
    (feature,) = FORMAT.encode([row("0", "abcdefghij", "klmnopqrstuv")], Reading(coder, window, ()))
    assert [_read(coder, tokens) for tokens in feature.sequences] == [
        "<s> a b c d </s>",
        "<s> k l m n o p q r s t </s>",
    ]
    (feature,) = FORMAT.encode([row("0", "abcdefghij", "k")], Reading(coder, Window(max_length=8, max_query=64), ()))
    assert _read(coder, feature.tokens) == "<s> a b c d e f </s>"


@pytest.mark.parametrize(
    ("candidate", "read"),
    [
        ("ab", "<s> a b </s> </s> u v w x </s>"),
        ("abcde", "<s> a b c d e </s> </s> u </s>"),
        ("abcdef", "<s> a b c d e f </s>"),
        ("abcdefghijkl", "<s> a b c d e f g h </s>"),
    ],
)
def test_a_context_gives_way_to_its_candidate(coder: Coder, candidate: str, read: str) -> None:
    rows = [row("0", None, candidate, "uvwxyz"), row("1", None, "a", "uvwxyz")]
    first, _ = FORMAT.encode(rows, Reading(coder, Window(max_length=10), ()))
    assert _read(coder, first.tokens) == read


def test_a_row_with_neither_is_refused(coder: Coder) -> None:
    with pytest.raises(HarnessError, match="row '7': has neither a query nor a candidate"):
        FORMAT.encode([row("7", None, None)], Reading(coder, Window(), ()))


def test_pooling_leaves_padding_out() -> None:
    features = [Feature(0, np.array(ids), *[np.zeros(0, dtype=int)] * 2) for ids in ([0, 7, 2], [0, 7, 8, 9, 2])]
    batch = collate("t", features, padding=1)
    states = torch.ones(2, 5, 4)
    states[0, 3:] = 1e6
    assert retrieval.mean(states, batch.mask).tolist() == [[1.0] * 4] * 2


def test_groups_are_cut_from_global_batches_and_hold_whole_pairs(coder: Coder) -> None:
    encoded = made(pairs(20), coder)
    batches = list(islice(global_batches([encoded], RECIPE, coder), 3))
    assert sorted([len(f.targets) for f in batch.features] for batch in batches) == [[3, 1], [3, 3, 2], [3, 3, 2]]
    assert [(batch.weight, batch.drawn) for batch in batches] == [(sum(w), sum(w)) for w in _weights(batches)]
    plain = global_batches([replace(encoded, format=replace(FORMAT, group=None))], RECIPE, coder)
    for batch, ungrouped in zip(batches, plain, strict=False):
        queries = [q for f in batch.features for q in f.sequences[: len(f.targets)]]
        candidates = [c for f in batch.features for c in f.sequences[len(f.targets) :]]
        assert [t.tolist() for t in queries] == [f.sequences[0].tolist() for f in ungrouped.features]
        assert [t.tolist() for t in candidates] == [f.sequences[1].tolist() for f in ungrouped.features]
        assert len(batch.filler.sequences) == 2
    whole = next(global_batches([encoded], replace(RECIPE, negatives=None), coder))
    assert len(whole.features) == 1


def _weights(batches: Sequence[Any]) -> list[list[int]]:
    return [[FORMAT.weight(feature) for feature in batch.features] for batch in batches]


def test_a_row_without_a_candidate_cannot_be_trained_on(coder: Coder) -> None:
    features = FORMAT.encode([row("0", "a", "b"), row("1", "c", None)], Reading(coder, Window(), ()))
    with pytest.raises(HarnessError, match="row 2: has only a query or only a candidate"):
        retrieval.group(features)


def test_the_loss_is_a_softmax_over_the_candidates_of_each_group(coder: Coder) -> None:
    features = FORMAT.encode([row for _, row in pairs(5)], Reading(coder, Window(), ()))
    batch = collate("pairs", [retrieval.group(features[:3]), retrieval.group(features[3:])], coder.padding)
    vectors = torch.randn((10, 6), generator=torch.Generator().manual_seed(0))
    unit = functional.normalize(vectors, dim=1)
    expected = 0.0
    for queries, candidates in (((0, 1, 2), (3, 4, 5)), ((6, 7), (8, 9))):
        for query, own in zip(queries, candidates, strict=True):
            logits = 100 * torch.stack([unit[query] @ unit[other] for other in candidates])
            expected -= torch.log_softmax(logits, 0)[candidates.index(own)].item()
    assert retrieval.loss(vectors, batch).item() == pytest.approx(expected, rel=1e-5)


def test_the_accountant_counts_pairs_and_the_head_at_one_position_a_sequence(coder: Coder) -> None:
    features = FORMAT.encode([row for _, row in pairs(6)], Reading(coder, Window(), ()))
    grouped = [retrieval.group(features[:4]), retrieval.group(features[4:])]
    accountant = Accountant(ARCHITECTURE, head_specs((DATA,), ARCHITECTURE), (DATA,))
    bare = Accountant(ARCHITECTURE, {}, (DATA,))
    cost, encoder = (each.cost("pairs", grouped, TRAINING) for each in (accountant, bare))
    assert cost.examples == 6
    assert cost.model - encoder.model == 3 * 12 * 2 * ARCHITECTURE.hidden**2
    assert cost.real_tokens == 12 * 4


def test_groups_are_dealt_to_all_slots(coder: Coder) -> None:
    features = FORMAT.encode([row for _, row in pairs(8)], Reading(coder, Window(), ()))
    groups = [retrieval.group(features[begin : begin + 2]) for begin in range(0, 8, 2)]
    assert [len(slot) for slot in dealt(groups, 1, 8)] == [1, 1, 1, 1, 0, 0, 0, 0]
