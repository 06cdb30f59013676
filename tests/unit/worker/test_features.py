"""Features as tables: what goes in comes out, as views of the integers that lie in the table."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from harness.worker.features import SCHEMA, Features, packed
from harness.worker.format import NOWHERE, Feature, collate


def _ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


MADE = [
    Feature(0, _ints(0, 5, 2), _ints(0), _ints(1)),
    Feature(0, _ints(0, 7, 8, 9, 250_001, 2), NOWHERE, NOWHERE, _ints(1, 5)),
    Feature(3, _ints(0, 2), _ints(0), _ints(2), others=(_ints(0, 5, 6, 2), _ints(0, 2))),
    Feature(4, _ints(0, 5, 6, 7, 2), _ints(0, 2, 3), _ints(2, 3), _ints(2, 30, 0, 0, 1, 70_000, 70_004)),
    Feature(9, _ints(0, 2), _ints(0), _ints(0), others=(_ints(0, 2),)),
]


def plain(feature: Feature) -> tuple[object, ...]:
    """A feature as lists, to be compared."""
    arrays = (feature.tokens, feature.positions, feature.targets, feature.origin)
    return (feature.example, *(array.tolist() for array in arrays), [tokens.tolist() for tokens in feature.others])


def _of(made: list[Feature], rows: int) -> Features:
    return Features(packed(made[at : at + rows]) for at in range(0, len(made), rows))


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_what_goes_in_comes_out_however_it_is_cut(rows: int) -> None:
    features = _of(MADE, rows)
    assert len(features) == 5
    assert [plain(feature) for feature in features] == [plain(feature) for feature in MADE]
    assert features.lengths.tolist() == [feature.length for feature in MADE] == [3, 6, 4, 5, 2]


def test_rows_are_found_from_either_end_and_not_beyond() -> None:
    features = _of(MADE, 2)
    assert plain(features[-1]) == plain(MADE[4])
    assert [plain(feature) for feature in features[1:4:2]] == [plain(MADE[1]), plain(MADE[3])]
    for beyond in (5, -6):
        with pytest.raises(IndexError):
            features[beyond]


def test_no_features_are_a_table_too() -> None:
    features = Features([packed([])])
    assert (len(features), list(features), features.lengths.tolist()) == (0, [], [])


def test_features_of_a_mapped_file_are_views_that_nobody_can_write(tmp_path: Path) -> None:
    path = tmp_path / "features.arrow"
    with path.open("wb") as sink, pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_batch(packed(MADE))
    features = Features([pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)])
    arrays = [*(features[3][1:5]), *features[2].others]
    assert not any(array.flags.owndata or array.flags.writeable for array in arrays)
    assert {array.dtype for array in arrays} == {np.dtype(np.int32)}
    assert np.shares_memory(features[3].tokens, features[3].tokens)


def test_a_batch_of_views_is_the_batch_of_what_was_stored() -> None:
    stored, made = collate("t", _of(MADE, 2)[2:], 1), collate("t", MADE[2:], 1)
    for name in ("ids", "mask", "rows", "columns", "targets"):
        assert getattr(stored, name).equal(getattr(made, name))
        assert getattr(stored, name).dtype == getattr(made, name).dtype
