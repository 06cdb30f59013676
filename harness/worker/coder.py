"""Text to token ids with the special tokens of XLM-R, for a trained tokenizer or a pretrained model's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from harness.spec.errors import HarnessError

BOS, PAD, EOS, UNK, MASK = SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


@dataclass(frozen=True)
class Piece:
    """Token ids of a text without special tokens; `encoded` is None where the text gave no token."""

    ids: NDArray[np.int64]
    encoded: Encoding | None

    @cached_property
    def offsets(self) -> tuple[tuple[int, int], ...]:
        """The characters [start, end) that each token covers; only spans need them, and they are dear."""
        return tuple(self.encoded.offsets) if self.encoded else ((0, 0),)


@dataclass(frozen=True)
class Coder:
    """A fast tokenizer with its special ids."""

    tokenizer: Tokenizer

    @staticmethod
    def load(path: Path) -> "Coder":
        """Read a tokenizer.json."""
        return Coder(Tokenizer.from_file(str(path)))

    @cached_property
    def _ids(self) -> dict[str, int]:
        found = {token: self.tokenizer.token_to_id(token) for token in SPECIAL}
        for token, number in found.items():
            if number is None:
                raise HarnessError(f"the tokenizer has no token '{token}'; XLM-R's has {', '.join(SPECIAL)}")
        return {token: number for token, number in found.items() if number is not None}

    @property
    def padding(self) -> int:
        """Id of the padding token."""
        return self._ids[PAD]

    @property
    def mask(self) -> int:
        """Id of the mask token."""
        return self._ids[MASK]

    @property
    def vocabulary(self) -> int:
        """Number of tokens, special ones included."""
        return int(self.tokenizer.get_vocab_size())

    @cached_property
    def is_special(self) -> NDArray[np.bool_]:
        """Whether each id is a special token's."""
        return np.isin(np.arange(self.vocabulary), list(self._ids.values()))

    def pieces(self, texts: Sequence[str]) -> list[Piece]:
        """Encode texts without special tokens; a text that gives nothing becomes one unknown token."""
        encoded = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        ids = (np.array(each.ids, dtype=np.int64) for each in encoded)
        return [Piece(own, each) if len(own) else self._unknown() for own, each in zip(ids, encoded, strict=True)]

    def single(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """`<s> ids </s>`."""
        return np.concatenate([[self._ids[BOS]], ids, [self._ids[EOS]]])

    def double(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
        """`<s> first </s></s> second </s>`."""
        eos = self._ids[EOS]
        return np.concatenate([[self._ids[BOS]], first, [eos, eos], second, [eos]])

    def _unknown(self) -> Piece:
        return Piece(np.array([self._ids[UNK]], dtype=np.int64), None)
