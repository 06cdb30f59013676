"""Strict reading: every mistake in a file is one sentence with its place."""

import pytest

from harness.plan.sweeps.sweep import Sweep
from harness.spec import yaml_text
from harness.spec.errors import HarnessError
from harness.spec.load import build, dump, from_json, from_yaml, nearest
from harness.spec.phase import Phase
from harness.spec.recipe import Duration, Recipe, amended

TEXT = """
name: made
models: [{name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 9}, text: [{task: toy_text}]}]
intermediate: toy_qa
epochs: 1
batch_size: 8
targets: [toy_senses, {task: toy_qa, languages: present}]
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("epochs: 1", "epoch: 1", "unknown key 'epoch'; did you mean 'epochs'?"),
        ("languages: present", "langages: present", "unknown key 'targets.1.langages'; did you mean 'languages'?"),
        ("architecture:", "architectur:", "unknown key 'models.0.architectur'; did you mean 'architecture'?"),
        ("architecture: xlm_r/toy, ", "", "'models.0.architecture' is missing"),
        ("algorithm: words", "algorithm: bpe", "is \"bpe\", but it should be 'unigram' or 'words'"),
        ("epochs: 1", "epochs: -1", "'epochs.0' is -1, but it should be greater than 0"),
        ("epochs: 1", "epochs: two", "'epochs.0' is \"two\", but it should be a valid integer"),
        ("epochs: 1", "epochs: 1\nsteps: 3", "give exactly one of epochs, steps, flops"),
        ("batch_size: 8", "batch_size: [8, 16]", "say what it holds"),
        ("batch_size: 8", "batch_size: [8, 8]\nhold: epochs", "names a value twice"),
        ("epochs: 1", "epochs: 1\nepochs: 2", "key 'epochs' occurs twice"),
        ("epochs: 1", "epochs: {1", "not valid YAML: expected ',' or '}', but got ':' (line 6, column 11)"),
        ("epochs: 1", "? [epochs, steps]\n: 1", "a list or a mapping cannot be a key: ['epochs', 'steps'] (line 5"),
        (
            "present",
            "ha",
            "'targets.1.languages' is \"ha\", but it should be 'all' or 'present', or it should be a list",
        ),
        ("epochs: 1", "epochs: 1\nsplit: 3", "'split' is 3, but it should be a mapping"),
        ("epochs: 1", "flops: .inf", "'flops.0' is \".inf\", but it should be a finite number"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(old: str, new: str, sentence: str) -> None:
    assert old in TEXT
    with pytest.raises(HarnessError) as raised:
        from_yaml(Sweep, TEXT.replace(old, new), "made.yaml")
    assert str(raised.value).startswith("made.yaml: ")
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("no", "no"), ("2024-01-01", "2024-01-01"), ("true", True), ("0.5", 0.5), ("12", 12)],
)
def test_yaml_without_its_traps(text: str, value: object) -> None:
    assert yaml_text.parse(f"key: {text}") == {"key": value}


def test_a_place_has_no_tags_of_unions() -> None:
    with pytest.raises(HarnessError, match=r"^here: 'start\.hub_id' is missing$"):
        from_json(Phase, '{"kind": "train", "start": {"kind": "pretrained"}}', "here")


def test_a_hint_names_a_dozen_at_most() -> None:
    assert nearest("?", [f"{number:03}" for number in range(120)]).endswith(", 010, 011 and 108 more")


def test_plain_data_makes_the_same_value_again() -> None:
    recipe = Recipe(Duration("epochs", 3.0), 16, 1e-4, seed=1)
    assert build(Recipe, dump(recipe), "here") == recipe


def test_changes_lie_over_a_recipe_and_its_window() -> None:
    recipe = amended(Recipe(Duration("epochs", 3.0), 16, 1e-4, seed=1), {"clip": 2.0, "window": {"stride": 5}}, "here")
    assert (recipe.clip, recipe.window.stride, recipe.window.max_length) == (2.0, 5, 128)
