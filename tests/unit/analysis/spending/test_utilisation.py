"""MFU and HFU by stage: of the makers' peaks and of a measured ceiling, and never of a peak that nobody knows."""

import dataclasses
from typing import Any

import pytest

from harness.analysis.answer import answer
from harness.analysis.spending.utilisation import utilisation_table
from harness.analysis.values import Missing
from harness.catalog import accelerators
from harness.files.ceiling import Ceiling
from harness.plan.dag import plan
from harness.plan.places.roofline import hfu, mfu
from harness.spec.record import Cost

H100, HOST = "NVIDIA H100 80GB HBM3", "x86_64"
CEILING = Ceiling(HOST, 2, 1, {}, "2026-01-01", matmul_fp32=5e10, matmul_bf16=1e10, copy=1e9, triad=1e9)


class _On:
    """Made-up results of phases that ran on `device`."""

    def __init__(self, results: Any, device: str, processes: int, threads: int) -> None:
        self.record, self.scores = results.record, results.scores
        self._environment = {"device": device, "world_size": processes, "threads": threads}

    def environment(self, phase: str) -> dict[str, Any]:
        return self._environment


def _table(make: Any, device: str, ceiling: Ceiling | None = None, processes: int = 2, threads: int = 1) -> Any:
    study = make.study()
    found = answer(study, _On(make.results(study), device, processes, threads), lambda data: {}, ceiling)
    return found.utilisation, utilisation_table(found.utilisation)


def test_model_flops_give_mfu_and_what_was_executed_gives_hfu() -> None:
    cost = Cost(model=10**12, hardware=3 * 10**12, filler=10**12)
    assert (mfu(cost, 2.0, 1e12), hfu(cost, 2.0, 1e12)) == (0.5, 2.0)


def test_all_accelerators_of_a_phase_count_and_its_precision_decides_the_peak(make: Any) -> None:
    found, table = _table(make, H100)
    device = accelerators.reported(H100)
    assert device is not None
    used = found["target"]
    assert used.promised == pytest.approx(2 * device.fp32 * 1e12 * used.cost.seconds)
    row = next(row for row in table.sections[0] if row[0] == "target")
    share = 100 * used.cost.model / (2 * device.fp32 * 1e12 * used.cost.seconds)
    assert row[2:4] == (f"{share:.1f} %", f"{2 * share:.1f} %")  # made-up hardware FLOPs are twice the model's


def test_a_host_is_measured_by_doctor_in_proportion_to_its_threads(make: Any) -> None:
    one, table = _table(make, HOST, CEILING)
    assert one["evaluate"].measured == pytest.approx(2 * 5e10 * one["evaluate"].cost.seconds)
    assert {row[2] for row in table.sections[0]} == {"missing"}
    assert f"missing: no maker's peak of {HOST} in fp32" in table.notes
    alone, _ = _table(make, HOST, CEILING, processes=1, threads=2)
    assert alone["evaluate"].measured == one["evaluate"].measured


def test_no_share_is_made_up(make: Any) -> None:
    found, table = _table(make, HOST)
    assert isinstance(found["target"].measured, Missing)
    assert {cell for row in table.sections[0] for cell in row[2:]} == {"missing"}
    assert any("harness doctor" in note for note in table.notes if note.startswith("missing"))


def test_stages_without_finished_steps_have_no_row(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    results.records = {key: dataclasses.replace(record, cost=Cost()) for key, record in results.records.items()}
    assert make.answer(study, results).utilisation == {}
    assert len(plan(study.leaves)) == len(results.records)
