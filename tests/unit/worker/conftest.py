"""A tokenizer whose tokens can be counted by eye."""

from string import ascii_lowercase

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from harness.worker.coder import Coder
from harness.worker.manner import SPECIAL


@pytest.fixture
def coder() -> Coder:
    """A token for each letter: a word of n letters is n tokens."""
    vocabulary = {token: index for index, token in enumerate([*SPECIAL, *ascii_lowercase])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    return Coder(tokenizer)
