"""JSON of published files: what is refused in one sentence, and the lines that it names."""

import pytest

from harness.catalog.sources import json_lines
from harness.catalog.sources.json_text import load, member, parse, shown, typed
from harness.spec.errors import HarnessError

DEEP = "[" * 100_000


def test_a_byte_order_mark_is_no_fault(put):
    assert load(put("x", '\ufeff{"a": 1}'), "an object").value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (" \n", "x: is empty; expected an object"),
        ('{"a":\n1', r"x, line 2: not complete JSON \(.*\); expected an object"),
        (DEEP, "x: is nested too deeply; expected an object"),
        ("9" * 5_000, "x: holds a number that is too long; expected an object"),
        ('{"a": 1,\n"é": {"b": 1,\n"b": 2}}', "x, line 3: 'b' occurs twice; expected an object, each once"),
    ],
)
def test_broken_files(put, text, sentence):
    with pytest.raises(HarnessError, match=sentence):
        load(put("x", text), "an object", distinct=True)


def test_names_may_occur_twice_where_nothing_is_read_by_them(put):
    assert load(put("x", '{"a": 1, "a": 2}'), "an object").value == {"a": 2}


@pytest.mark.parametrize(("text", "wrong"), [(DEEP, "is nested too deeply"), ("{", "not complete JSON")])
def test_broken_lines(text, wrong):
    with pytest.raises(HarnessError, match=f"x, line 7: {wrong}.*; expected a list"):
        parse(text, "x, line 7", "a list")


def test_json_lines_are_named_with_their_numbers(put):
    path = put("x", '\ufeff{"a": 1}\n' + DEEP + "\n")
    with pytest.raises(HarnessError, match=f"x, line 2: is nested too deeply; expected {json_lines.EXPECTED}"):
        list(json_lines.read([path]))


def test_places_are_those_of_keys_however_they_are_written(put):
    document = load(put("x", '{"q": 1,\n"caf\\u00e9": 2,\n"né": 3}'), "an object")
    assert [document.place(key)[-6:] for key in ("q", "café", "né")] == ["line 1", "line 2", "line 3"]


def test_fields_have_types():
    given = {"a": "x", "n": 5, "b": True}
    assert (member(given, "a", str), member(given, "n", int), member(given, "b", bool)) == ("x", 5, True)


@pytest.mark.parametrize(
    ("parent", "name", "kind", "sentence"),
    [
        ({"n": True}, "n", int, "'n' is true; expected a whole number"),
        ({"n": 5.0}, "n", int, "'n' is 5.0; expected a whole number"),
        ({"n": "5"}, "n", int, "'n' is \"5\"; expected a whole number"),
        ({"n": None}, "n", list, "'n' is null; expected a list"),
        ({"n": {}}, "n", str, "'n' is an object; expected text"),
        ({"m": 1}, "n", str, "'n' is missing; expected text"),
        ([1], "n", str, "found a list; expected an object with 'n'"),
    ],
)
def test_wrong_fields_are_told(parent, name, kind, sentence):
    with pytest.raises(ValueError, match=sentence):
        member(parent, name, kind)


def test_long_values_are_shown_in_part():
    assert shown("a" * 100) == '"' + "a" * 39
    with pytest.raises(ValueError, match="it is null; expected an object"):
        typed(None, "it", dict)
