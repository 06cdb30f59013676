"""Readers of Mewsli-X: mentions, entities and pairs, as released and as XTREME prepares them, whole and broken."""

import dataclasses
import json
from itertools import islice

import pytest

from harness.catalog.sources import mewslix_files
from harness.catalog.tasks import mewslix
from harness.spec.errors import HarnessError
from harness.spec.example import RetrievalExample


def read(reader, *paths, language="en"):
    return list(reader(paths, language))


def lines(*records):
    return "".join(f"{json.dumps(record)}\n" for record in records)


def without_counts(task):
    """The source of a task without the published numbers of its rows."""
    layouts = tuple(dataclasses.replace(layout, counts={}) for layout in task.source.layouts)
    return dataclasses.replace(task.source, layouts=layouts)


TEXT = "Title\n\nIn {old} Bonn, Ada  met\u2028Bob. She left."
CROSSING = TEXT.index("Bob. She")
SPANS = [{"start": 0, "end": 5}, {"start": 7, "end": TEXT.index(" She")}, {"start": 41, "end": len(TEXT)}]


def mention(key="m1", entity="Q1", start=16, end=20, text="Bonn"):
    return {"example_id": key, "entity_id": entity, "mention_span": {"start": start, "end": end, "text": text}}


def article(*mentions, language="en", text=TEXT, spans=SPANS):
    return {"context": {"language": language, "text": text, "sentence_spans": spans}, "mentions": list(mentions)}


def entity(key="Q1", description="Bonn is\na city.  It lies there. More."):
    return {"entity_id": key, "description": description, "sentence_spans": [{"start": 0, "end": 31}]}


QUERY = "Bonn: In (old) { Bonn } , Ada met Bob."


def test_mentions_are_told_in_their_sentence(put):
    other = article(mention("m2"), language="de")
    assert read(mewslix_files.read_mentions, put("dev.jsonl", lines(other, article(mention())))) == [
        RetrievalExample("m1", QUERY, None, ("Q1",))
    ]


def test_entities_are_the_sentences_of_their_descriptions(put):
    assert read(mewslix_files.read_entities, put("set.jsonl", lines(entity())), language="mul") == [
        RetrievalExample("Q1", None, "Bonn is a city. It lies there.", ())
    ]


def test_pairs_train_and_their_mentions_can_be_looked_for(put):
    pair = {"contextual_mention": {"context": article()["context"], "mention": mention()}, "entity": entity()}
    path = put("pairs.jsonl", lines(pair))
    assert read(mewslix_files.read_pairs, path) == [
        RetrievalExample("m1", QUERY, "Bonn is a city. It lies there.", ("m1",))
    ]
    assert read(mewslix_files.read_pair_mentions, path) == [RetrievalExample("m1", QUERY, None, ("Q1",))]


@pytest.mark.parametrize(
    ("labels", "gold"),
    [(None, None), ({"m1": [""]}, None), ({"m1": ["Q7"]}, ("Q7",))],
)
def test_blank_entities_are_hidden_gold_unless_labels_have_them(put, labels, gold):
    paths = [put("test-en.jsonl", lines(article(mention(entity=""))))]
    paths += [put("test-en.json", json.dumps(labels))] if labels is not None else []
    assert [row.answers for row in read(mewslix_files.read_mentions, *paths)] == [gold]


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ('{"m1": ["Q1"], "m9": ["Q1"]}', "l.json: labels 'm9', which is no mention of .*m.jsonl"),
        ('{"m9": ["Q1"]}', "l.json: no label of 'm1'; expected one of each mention of .*m.jsonl"),
        ("{}", "l.json: no label of 'm1'"),
        ('{"m1": ["Q1"],\n"m1": ["Q2"]}', "l.json, line 2: 'm1' occurs twice; expected labels as"),
        ('{\n"m1": "Q1"}', "l.json, line 2: 'm1' has no list of one entity; expected labels as"),
        ('{"m1": ["Q1", "Q2"]}', "l.json, line 1: 'm1' has no list of one entity"),
        ('{"m1": [null]}', "l.json, line 1: 'm1' has no list of one entity"),
        ("[]", "l.json: the file is a list; expected an object"),
        ("", "l.json: is empty; expected labels as"),
    ],
)
def test_labels_that_do_not_fit_their_mentions(put, labels, sentence):
    mentions, beside = put("m.jsonl", lines(article(mention()))), put("l.json", labels)
    with pytest.raises(HarnessError, match=sentence):
        read(mewslix_files.read_mentions, mentions, beside)


def test_a_bom_before_labels_is_no_fault(put):
    mentions, beside = put("m.jsonl", lines(article(mention()))), put("l.json", '\ufeff{"m1": ["Q7"]}')
    assert [row.answers for row in read(mewslix_files.read_mentions, mentions, beside)] == [("Q7",)]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (lines(article(mention("m2")))[:-20], "line 2: not complete JSON"),
        (
            lines(article(mention("m2", start=17, end=21))),
            "line 2, mention 1: expected the mention 'Bonn' at character 17, found",
        ),
        (
            lines(article(mention("m2", start=CROSSING, end=CROSSING + 8, text="Bob. She"))),
            "line 2, mention 1: the mention .* lies in no sentence",
        ),
        (
            lines(article(mention("m2"), text="")),
            "line 2, mention 1: its text is empty; expected the files that get-mewsli-x.sh",
        ),
        (lines(article(mention("m2"), {})), "line 2, mention 2: 'example_id' is missing; expected text"),
        (lines(article(mention(5))), "line 2, mention 1: 'example_id' is 5; expected text"),
        (lines(article(mention(entity=None))), "line 2, mention 1: 'entity_id' is null; expected text"),
        (lines(article(mention(start=True))), "line 2, mention 1: 'start' is true; expected a whole number"),
        (lines(article(language=7)), "line 2: 'language' is 7; expected text"),
        ("[]\n", "line 2: found a list; expected an object with 'context'"),
        ("[" * 100_000 + "\n", "line 2: is nested too deeply; expected Mewsli-X mentions"),
    ],
)
def test_broken_mentions(put, second, sentence):
    path = put("test.jsonl", lines(article(mention())) + second)
    with pytest.raises(HarnessError, match=sentence) as caught:
        read(mewslix_files.read_mentions, path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty; expected Mewsli-X entities"),
        (lines(entity(description="Bonn")), "line 1: a sentence from 0 to 31 in a description of 4 characters"),
        (lines({"entity_id": "Q1"}), "line 1: 'description' is missing; expected text"),
    ],
)
def test_broken_entities(put, text, sentence):
    with pytest.raises(HarnessError, match=sentence):
        read(mewslix_files.read_entities, put("set.jsonl", text))


def test_entities_are_read_line_by_line(put):
    path = put("set.jsonl", lines(entity("Q1"), entity("Q2")) + "broken")
    assert [row.id for row in islice(mewslix_files.read_entities([path], "mul"), 2)] == ["Q1", "Q2"]


def test_entities_that_are_not_utf8(tmp_path):
    (tmp_path / "x").write_bytes(lines(entity()).encode() + b'{"title": "caf\xe9"}\n')
    with pytest.raises(HarnessError, match="is not UTF-8 text; expected Mewsli-X entities"):
        read(mewslix_files.read_entities, tmp_path / "x")


def test_mewslix_lies_in_released_files_and_in_xtremes_parts(put, tmp_path):
    source = without_counts(mewslix.TASK)
    put("mewslix/wikinews_mentions/test-ta.jsonl", lines(article(mention(entity=""), language="ta")))
    assert source.languages(tmp_path, "test") == ("ta",)
    assert [row.answers for row in source.rows(tmp_path, "test", "ta")] == [None]
    hidden = source.digest(tmp_path, "test", "ta")
    put("mewslix/wikinews_labels/test-ta.json", '{"m1": ["Q5"]}')
    assert [row.answers for row in source.rows(tmp_path, "test", "ta")] == [("Q5",)]
    assert source.digest(tmp_path, "test", "ta") != hidden
    put("mewslix/wikinews_mentions-test.jsonl", lines(article(mention(entity="Q6"), language="ta")))
    assert [row.answers for row in source.rows(tmp_path, "test", "ta")] == [("Q6",)]
    assert source.languages(tmp_path, "test") == mewslix.LANGUAGES
    put("mewslix/candidate_set_entities.jsonl", lines(entity()))
    assert source.languages(tmp_path, "candidates") == ("mul",)


def test_the_released_candidates_are_complete_or_refused(put, tmp_path):
    put("mewslix/candidate_set_entities.jsonl", lines(entity()))
    with pytest.raises(HarnessError, match="holds 1 rows; expected the 1003893 that were published"):
        list(mewslix.TASK.source.rows(tmp_path, "candidates", "mul"))
    assert sum(mewslix.COUNTS["test"].values()) == 14_624
    assert sum(mewslix.COUNTS["dev"].values()) == 2_991
