"""Metrics of retrieval: average precision against published formulas, and mined pairs against a plain reference."""

import json
import random
from statistics import mean

import pytest

from harness.catalog import find
from harness.catalog.metrics import mean_average_precision, mining, pooled_average_precision
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample


def asked(key, *answers):
    return RetrievalExample(key, f"query {key}", None, answers)


def pooled(key, *queries, text=None):
    return RetrievalExample(key, None, text or f"candidate {key}", queries)


def ranked(*keys):
    return [[key, 1.0] for key in keys]


def ap(gold, predictions):
    return mean_average_precision.score(gold, predictions, "en")["score"]


@pytest.mark.parametrize(
    ("found", "score"),
    [
        (["a"], 100),
        (["x", "a"], 50),
        ([str(n) for n in range(19)] + ["a"], 5),
        ([str(n) for n in range(20)] + ["a"], 0),
        (["x", "x", "a", "a"], 100 / 3),
        ([], 0),
    ],
)
def test_with_one_right_candidate_it_is_the_reciprocal_rank_within_20(found, score):
    assert ap([asked("q", "a")], {"q": ranked(*found)}) == pytest.approx(score)


def test_right_candidates_are_those_of_the_query_and_those_of_the_pool():
    gold = [asked("q", "a"), asked("r"), pooled("b", "q", "r"), pooled("c"), pooled("d", "other")]
    found = {"q": ranked("a", "c", "b"), "r": ranked("d", "b")}
    assert ap(gold, found) == pytest.approx(100 * mean([(1 + 2 / 3) / 2, 1 / 2]))


def test_a_repeated_candidate_counts_once():
    assert ap([asked("q", "a", "b")], {"q": ranked("a", "a", "b")}) == pytest.approx(100 * (1 + 2 / 3) / 2)


def test_the_divisor_is_20_at_most():
    many = [str(n) for n in range(30)]
    assert ap([asked("q", *many)], {"q": ranked(*many)}) == 100


def test_what_cannot_be_scored():
    with pytest.raises(HarnessError, match="no candidate answers the query 'q'"):
        ap([asked("q"), pooled("a", "r")], {"q": ranked("a")})
    with pytest.raises(HarnessError, match="'q' has a placeholder label"):
        ap([asked("q")._replace(answers=None)], {"q": ranked("a")})
    with pytest.raises(HarnessError, match="no prediction for example 'q'"):
        ap([asked("q", "a")], {})


def test_chance_names_the_most_frequent_answers():
    gold = [asked("1", "a"), asked("2", "a"), asked("3", "b")]
    assert mean_average_precision.chance(gold, "en") == pytest.approx(100 * (1 + 1 + 1 / 2) / 3)


def test_only_the_metric_of_lareqa_reads_the_pool():
    assert find.task("lareqa").metric is pooled_average_precision.METRIC
    assert pooled_average_precision.METRIC.reads_pool
    assert not find.task("mewslix").metric.reads_pool


def test_mewslix_average_of_xtremes_mock_submission(data_folder):
    scores = []
    for file in sorted((data_folder / "xtreme_mock/labels/mewslix").iterdir()):
        gold = [asked(key, *answers) for key, answers in json.loads(file.read_text()).items()]
        found = json.loads((data_folder / "xtreme_mock/predictions/mewslix" / file.name).read_text())
        scores.append(ap(gold, {row.id: ranked(*found[row.id]) for row in gold}))
        assert scores[-1] == pytest.approx(
            100
            * mean(
                1 / (found[row.id].index(*row.answers) + 1) if row.answers[0] in found[row.id] else 0 for row in gold
            )
        )
    assert len(scores) == 11
    assert 0 < mean(scores) < 100


# Mining


def side(letter, *texts):
    return [
        RetrievalExample(f"{letter}{n}", text if letter == "q" else None, None if letter == "q" else text, ())
        for n, text in enumerate(texts)
    ]


QUERIES = [row._replace(answers=(f"c{n}",)) for n, row in enumerate(side("q", "eins", "zwei", "drei"))]
ROWS = [*QUERIES, *side("c", "one", "two", "three")]
FOUND = {
    "q0": [["c0", 1.4], ["c1", 1.3]],
    "q1": [["c0", 1.5], ["c1", 1.2]],
    "q2": [["c2", 1.1]],
    "c0": [["q0", 1.45]],
    "c1": [["q1", 1.25]],
    "c2": [["q2", 1.1]],
}


def test_pairs_are_taken_greedily_from_both_directions():
    assert mining.mined(ROWS, FOUND) == [("q1", "c0", 1.5), ("q2", "c2", 1.1)]
    assert mining.mined(ROWS, {**FOUND, "q1": []}) == [("q0", "c0", 1.45), ("q1", "c1", 1.25), ("q2", "c2", 1.1)]


def test_the_threshold_lies_half_way_to_the_next_pair_or_at_the_last():
    found = {**FOUND, "q1": []}
    gold = [QUERIES[0], *(row._replace(answers=()) for row in QUERIES[1:]), *ROWS[3:]]
    assert mining.best_threshold(gold, found) == (1.45 + 1.25) / 2
    assert mining.best_threshold(ROWS, found) == 1.1
    wrong = [row._replace(answers=("c9",)) for row in QUERIES[:1]]
    assert mining.best_threshold([*wrong, *gold[1:]], found) == 0


def test_a_tuned_score_is_f1_above_the_threshold():
    found = {**FOUND, "q1": []}
    dev = [QUERIES[0], *(row._replace(answers=()) for row in QUERIES[1:]), *ROWS[3:]]
    values = mining.tune(dev, found, "de")(ROWS, {**found, "q2": [["c2", 1.4]]}, "de")
    assert values == pytest.approx({"score": 80, "precision": 100, "recall": 100 * 2 / 3})
    assert mining.tune(dev, found, "de")(ROWS, {key: [] for key in found}, "de") == {
        "score": 0,
        "precision": 0,
        "recall": 0,
    }
    perfect = {row.id: [[answer, 1.0] for answer in row.answers] for row in ROWS}
    assert set(mining.tune(ROWS, perfect, "de")(ROWS, perfect, "de").values()) == {100}


def test_sentences_with_the_same_text_are_one_while_pairs_are_chosen_and_then_left_out():
    rows = [*side("q", "eins", "eins ", "zwei"), *side("c", "one", "two", "two")]
    found = {"q0": [["c0", 1.9]], "q2": [["c1", 1.5]], "c0": [["q1", 1.2]], "c1": [["q2", 1.5]]}
    assert mining.mined(rows, found) == []  # c0 is taken by "eins", q2 by "two"; nobody knows which of them was meant
    rows = [*side("q", "eins", "eins", "zwei"), *side("c", "one", "two", "three")]
    found = {"q0": [["c0", 1.9]], "q2": [["c1", 1.5]], "c0": [], "c1": [], "c2": [["q1", 1.2]]}
    assert mining.mined(rows, found) == [("q2", "c1", 1.5)]


def test_pairs_without_a_positive_margin_are_none():
    found = {row.id: [] for row in ROWS} | {"q0": [["c0", 0.0]], "q1": [["c1", -1.0]], "q2": [["c2", 0.1]]}
    assert mining.mined(ROWS, found) == [("q2", "c2", 0.1)]


def test_what_cannot_be_mined():
    with pytest.raises(HarnessError, match="cannot be scored before their threshold is tuned"):
        mining.METRIC.score(ROWS, FOUND, "de")
    with pytest.raises(HarnessError, match="no prediction for example 'c2'"):
        mining.mined(ROWS, {key: value for key, value in FOUND.items() if key != "c2"})
    with pytest.raises(HarnessError, match="the prediction for 'q0' names 'c9'; expected the id of a sentence"):
        mining.mined(ROWS, {**FOUND, "q0": [["c9", 1.0]]})
    with pytest.raises(HarnessError, match="'q0' has a placeholder label"):
        mining.tune([row._replace(answers=None) for row in ROWS], FOUND, "de")
    with pytest.raises(HarnessError, match="expected at least one pair"):
        mining.tune([row._replace(answers=()) for row in ROWS], FOUND, "de")


def test_mining_against_a_plain_reference():
    """Random margins: every prefix of the greedy list is tried as a threshold, with sets."""
    draw = random.Random(1)
    queries, candidates = ([f"{letter}{n}" for n in range(40)] for letter in "qc")
    found = {key: [[draw.choice(candidates), round(draw.uniform(0.8, 1.6), 4)]] for key in queries}
    found |= {key: [[draw.choice(queries), round(draw.uniform(0.8, 1.6), 4)]] for key in candidates}
    gold = {key: found[key][0][0] if draw.random() < 0.5 else candidates[n] for n, key in enumerate(queries)}
    rows = [row._replace(answers=(gold[row.id],)) for row in side("q", *queries)] + side("c", *candidates)

    proposed = [(margin, key, other) for key in queries for other, margin in found[key]]
    proposed += [(margin, other, key) for key in candidates for other, margin in found[key]]
    taken = []
    for margin, query, candidate in sorted(proposed, key=lambda item: -item[0]):
        if all(query != other[1] and candidate != other[2] for other in taken):
            taken.append((margin, query, candidate))
    right = set(gold.items())

    def f1(count):
        correct = len(right & {item[1:] for item in taken[:count]})
        return 2 * correct / (count + len(right))

    assert [tuple(pair) for pair in mining.mined(rows, found)] == [
        (query, cand, margin) for margin, query, cand in taken
    ]
    best = max(f1(count) for count in range(1, len(taken) + 1))
    assert mining.tune(rows, found, "de")(rows, found, "de")["score"] == pytest.approx(100 * best)
    assert best > 0.2
