"""Text to token ids: a tokenizer with the special tokens of its model, and the tokens at which heads read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from harness.spec.errors import HarnessError
from harness.spec.family import Template
from harness.worker.manner import ENCODER_HERE, Manner

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """Token ids of a text without special tokens; `encoded` is None where the text gave no token."""

    ids: Ids
    encoded: Encoding | None

    @cached_property
    def offsets(self) -> tuple[tuple[int, int], ...]:
        """The characters [start, end) that each token covers; only spans need them, and they are dear."""
        return tuple(self.encoded.offsets) if self.encoded else ((0, 0),)


@dataclass(frozen=True)
class Coder:
    """A fast tokenizer and the manner in which its model reads."""

    tokenizer: Tokenizer
    manner: Manner = ENCODER_HERE

    @staticmethod
    def load(path: Path, manner: Manner = ENCODER_HERE) -> "Coder":
        """Read a tokenizer.json."""
        return Coder(Tokenizer.from_file(str(path)), manner)

    @property
    def padding(self) -> int:
        """Id of the padding token."""
        return self._ids[self._template.padding]

    @property
    def mask(self) -> int:
        """Id of the mask token; raises HarnessError where there is none."""
        if self._template.mask is None:
            raise HarnessError("the tokenizer has no mask token, so its model cannot be trained on masked text")
        return self._ids[self._template.mask]

    @property
    def vocabulary(self) -> int:
        """Number of tokens, special ones included."""
        return int(self.tokenizer.get_vocab_size())

    @cached_property
    def is_special(self) -> NDArray[np.bool_]:
        """Whether each id is a special token's."""
        return np.isin(np.arange(self.vocabulary), list(self._ids.values()))

    @cached_property
    def around_one(self) -> int:
        """How many special tokens stand around a text."""
        return len(self._template.before) + len(self._template.after)

    @cached_property
    def around_two(self) -> int:
        """How many special tokens stand around two texts in one sequence."""
        return self.around_one + len(self._template.between)

    @property
    def first_at(self) -> int:
        """Where the first text of a sequence begins."""
        return len(self._template.before)

    def second_at(self, first: Ids) -> int:
        """Where the second text of a sequence begins, behind `first`."""
        return self.first_at + len(first) + len(self._template.between)

    @cached_property
    def class_at(self) -> Ids:
        """[1] The token at which a class of the whole sequence is read, as a feature's positions say it.

        Encoders: the first; decoders: the last real one, the only one that has seen everything.
        """
        return np.array([-1 if self.manner.decoder else 0])

    def words_at(self, lengths: Sequence[int]) -> Ids:
        """[words] The token at which each word is read, of words of so many subwords that stand first in a sequence.

        Encoders: its first; decoders: its last, the only one that has seen the word.
        """
        ends = self.first_at + np.cumsum(lengths, dtype=np.int64)
        return ends - 1 if self.manner.decoder else ends - lengths

    def pieces(self, texts: Sequence[str]) -> list[Piece]:
        """Encode texts without special tokens; a text that gives nothing becomes one unknown token."""
        encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ids = (np.array(each.ids, dtype=np.int64) for each in encoded)
        return [Piece(own, each) if len(own) else self._nothing for own, each in zip(ids, encoded, strict=True)]

    def words(self, words: Sequence[str]) -> list[Piece]:
        """Encode each word as it stands within a sentence: behind a space, where the tokenizer tells that apart."""
        return self.pieces([f" {word}" for word in words] if self._tells_spaces else words)

    def single(self, ids: Ids) -> Ids:
        """The sequence of one text: `<s> ids </s>` for XLM-R."""
        before, _, after = self._around
        return np.concatenate([before, ids, after])

    def double(self, first: Ids, second: Ids) -> Ids:
        """The sequence of two texts: `<s> first </s></s> second </s>` for XLM-R."""
        before, between, after = self._around
        return np.concatenate([before, first, between, second, after])

    @property
    def _template(self) -> Template:
        return self.manner.template

    @cached_property
    def _ids(self) -> dict[str, int]:
        said = self._template
        named = (*said.before, *said.between, *said.after, said.padding, said.unknown, said.mask)
        found = {token: self.tokenizer.token_to_id(token) for token in named if token is not None}
        for token, number in found.items():
            if number is None:
                raise HarnessError(
                    f"the tokenizer has no token '{token}'; its model's family puts {', '.join(found)} around texts"
                )
        return {token: number for token, number in found.items() if number is not None}

    @cached_property
    def _around(self) -> tuple[Ids, Ids, Ids]:
        before, between, after = ([self._ids[token] for token in tokens] for tokens in self._template[:3])
        return np.array(before, np.int64), np.array(between, np.int64), np.array(after, np.int64)

    @cached_property
    def _nothing(self) -> Piece:
        return Piece(np.array([self._ids[self._template.unknown or self._template.padding]], dtype=np.int64), None)

    @cached_property
    def _tells_spaces(self) -> bool:
        """SentencePiece puts a space before every text, byte-level tokenizers (GPT-2's, RoBERTa's) put none."""
        alone, behind = self.tokenizer.encode_batch(["a", " a"], add_special_tokens=False)
        return list(alone.ids) != list(behind.ids)
