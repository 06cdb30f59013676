"""What no training set of a study may hold: evaluation sets, and the pools and tuning sets beside them."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from harness.catalog import data as catalog_data
from harness.catalog import overlap
from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.sweep import TargetSpec
from harness.spec.task import Data


def _asked(*targets: TargetSpec) -> list[tuple[str, str]]:
    """Task and split of the sets that a training set is compared with, in their order."""
    compared: list[Data] = []

    def held_out(data: Data, evaluated: object) -> tuple[str, ...]:
        compared.extend(evaluated)  # type: ignore[call-overload]
        return ()

    Datasets(DataAccess(lambda task, split: (), _pinned, held_out), targets).training("squad_v2", None, False)
    return [(data.task, data.split) for data in compared]


def _pinned(data: Data) -> Data:
    return replace(data, parts=tuple(replace(part, digest="a" * 64) for part in data.parts))


@pytest.mark.parametrize(
    ("target", "compared"),
    [
        ("lareqa", [("lareqa", "test"), ("lareqa", "candidates")]),
        ("bucc2018", [("bucc2018", "test"), ("bucc2018", "dev")]),
        ("mewslix", [("mewslix", "test")]),  # its training rows name the entities of the pool by design
        ("xquad", [("xquad", "test")]),
    ],
)
def test_pools_and_tuning_sets_are_held_out_but_for_a_pool_that_is_trained_on_by_design(
    target: str, compared: list[tuple[str, str]]
) -> None:
    assert _asked(TargetSpec(target)) == compared


def test_evaluation_sets_come_first_and_each_set_once() -> None:
    asked = _asked(TargetSpec("lareqa"), TargetSpec("bucc2018", split="dev"))
    assert asked == [("lareqa", "test"), ("bucc2018", "dev"), ("lareqa", "candidates")]


def test_no_paragraph_of_lareqas_pool_is_trained_on(data_folder: Path) -> None:
    access = DataAccess(
        present=partial(catalog_data.present, root=data_folder),
        pin=partial(catalog_data.pin, root=data_folder),
        held_out=partial(overlap.held_out, root=data_folder),
    )
    target = TargetSpec("lareqa", train=(), languages=("en", "de"))
    data = Datasets(access, (target,))
    trained, pool = data.training("squad_v2", None, False), data.pool(target)
    assert pool is not None
    paragraphs = {row.context for _, row in catalog_data.rows(pool, data_folder)}  # type: ignore[union-attr]
    before = [row.context for _, row in catalog_data.rows(replace(trained, held_out=()), data_folder)]  # type: ignore[union-attr]
    after = [row.context for _, row in catalog_data.rows(trained, data_folder)]  # type: ignore[union-attr]
    assert paragraphs.intersection(before)
    assert not paragraphs.intersection(after)
