"""Features as Arrow tables: integers that lie in memory or in a mapped file, read as views and never copied."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from harness.worker.format import NOWHERE, Feature, Ints

KEPT = 50_000  # features of some 1 kB each; making one takes ten times as long as looking it up
LISTS = ("tokens", "positions", "targets", "origin")
SCHEMA = pa.schema(
    [
        ("example", pa.int32()),
        *((name, pa.list_(pa.int32())) for name in LISTS),
        ("others", pa.list_(pa.list_(pa.int32()))),
    ]
)


class Features(Sequence[Feature]):
    """The features of a set in their order; what they hold are views of 32-bit integers.

    `lengths` are the tokens of each one's longest sequence, `examples` the index of each one's example.
    Sets of up to KEPT features keep what was asked for: small ones are read again and again.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Put together the rows of `batches`, each with the columns of SCHEMA."""
        self._blocks = tuple(_Block.of(batch) for batch in batches if batch.num_rows)
        self._ends = list(accumulate(len(block.example) for block in self._blocks))
        own = [block.lengths() for block in self._blocks]
        self.lengths: NDArray[np.int64] = np.concatenate([NOWHERE, *own]).astype(np.int64)
        self.examples: NDArray[np.int64] = np.concatenate([NOWHERE, *(block.example for block in self._blocks)])
        self._kept: dict[int, Feature] = {}

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @property
    def sequences(self) -> NDArray[np.int64]:
        """The tokens of every sequence, in no order that means anything."""
        each = [np.diff(own.offsets) for block in self._blocks for own in (block.lists[0], block.others)]
        return np.concatenate([NOWHERE, *each]).astype(np.int64)

    @property
    def positions(self) -> int:
        """How many positions a head reads in all sequences; those of text are drawn later."""
        return sum(block.positions() for block in self._blocks)

    @property
    def origins(self) -> Ints:
        """What decoding needs, of all features in their order."""
        return np.concatenate([NOWHERE, *(block.lists[LISTS.index("origin")].values for block in self._blocks)])

    @overload
    def __getitem__(self, index: int) -> Feature: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Feature, ...]: ...

    def __getitem__(self, index: int | slice) -> Feature | tuple[Feature, ...]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(len(self))[index])
        row = range(len(self))[index]
        if row in self._kept:
            return self._kept[row]
        at = bisect_right(self._ends, row)
        feature = self._blocks[at].feature(row - (self._ends[at - 1] if at else 0))
        if len(self) <= KEPT:
            self._kept[row] = feature
        return feature


def packed(features: Sequence[Feature]) -> pa.RecordBatch:
    """`features` as rows of SCHEMA."""
    columns = [pa.array(np.array([feature.example for feature in features], dtype=np.int32))]
    columns += [_lists([getattr(feature, name) for feature in features]) for name in LISTS]
    others = _lists([tokens for feature in features for tokens in feature.others])
    columns.append(pa.ListArray.from_arrays(_offsets(len(feature.others) for feature in features), others))
    return pa.record_batch(columns, schema=SCHEMA)


class _List(NamedTuple):
    """A column of lists: row i is values[offsets[i] : offsets[i + 1]]."""

    offsets: Ints
    values: Ints

    @staticmethod
    def of(column: pa.ListArray) -> "_List":
        return _List(_view(column.offsets), _view(column.values))

    def row(self, index: int) -> Ints:
        return self.values[self.offsets[index] : self.offsets[index + 1]]


class _Block(NamedTuple):
    """The rows of one record batch; `first_other` says where the further sequences of a row begin in `others`."""

    example: Ints
    lists: tuple[_List, ...]
    first_other: Ints
    others: _List

    @staticmethod
    def of(batch: pa.RecordBatch) -> "_Block":
        others = batch.column("others")
        lists = tuple(_List.of(batch.column(name)) for name in LISTS)
        return _Block(_view(batch.column("example")), lists, _view(others.offsets), _List.of(others.values))

    def feature(self, row: int) -> Feature:
        """The feature of a row."""
        begin, end = self.first_other[row], self.first_other[row + 1]
        others = tuple(self.others.row(at) for at in range(begin, end)) if begin < end else ()
        tokens, positions, targets, origin = (column.row(row) for column in self.lists)
        return Feature(int(self.example[row]), tokens, positions, targets, origin, others)

    def lengths(self) -> Ints:
        """Tokens of the longest sequence of each row."""
        longest = np.diff(self.lists[0].offsets)
        if len(self.others.offsets) > 1:
            rows = np.repeat(np.arange(len(longest)), np.diff(self.first_other))
            np.maximum.at(longest, rows, np.diff(self.others.offsets))
        return longest

    def positions(self) -> int:
        """Positions that a head reads: those of a row, in each of its sequences."""
        sequences = 1 + np.diff(self.first_other)
        return int((np.diff(self.lists[LISTS.index("positions")].offsets) * sequences).sum())


def _view(column: pa.Array) -> Ints:
    """The integers of a column without a copy; pyarrow's own `to_numpy` would import pandas, most of a second."""
    _, values = column.buffers()
    return np.frombuffer(values or b"", dtype=np.int32, count=len(column), offset=4 * column.offset)


def _lists(rows: Sequence[Ints]) -> pa.ListArray:
    values = np.concatenate([NOWHERE, *rows]).astype(np.int32)
    return pa.ListArray.from_arrays(_offsets(map(len, rows)), pa.array(values))


def _offsets(lengths: Iterable[int]) -> pa.Int32Array:
    return pa.array(np.fromiter(accumulate(lengths, initial=0), dtype=np.int32))
