"""Accelerator-hours, energy and money: from the clock, the processes and what the cluster's file says."""

import dataclasses
from typing import Any

import pytest

from harness.analysis.spending.hours import Hours, Tariff, energy, hours, hours_table, money
from harness.analysis.values import Missing
from harness.plan.dag import plan
from harness.run.track.publish import tariff
from harness.spec.cluster import Cluster, Hardware

A100 = "NVIDIA A100-SXM4-40GB"


def timed(make: Any, environment: Any) -> Any:
    study = make.study()
    results = make.results(study)
    records = {key: dataclasses.replace(record, wall_seconds=1800.0) for key, record in results.records.items()}
    return hours(plan(study.leaves), records.get, lambda key: environment)


def test_hours_count_every_process_of_every_phase_once(make: Any) -> None:
    found = timed(make, {"device": A100, "world_size": 4})
    assert {each.stage: each.hours for each in found} == {each.stage: 2.0 * each.phases for each in found}
    assert [each.stage for each in found] == ["intermediate", "target", "evaluate"]


def test_energy_and_money_go_by_the_cluster_and_else_by_the_maker() -> None:
    took = Hours("target", A100, 3, 10.0)
    assert energy(took, None) == pytest.approx(4.0)  # 400 W
    ours = Tariff((A100,), price=2.5, currency="EUR", watts=1000.0)
    assert (energy(took, ours), money(took, ours)) == (10.0, 25.0)
    elsewhere = Tariff(("NVIDIA H200",), price=9.0, watts=1.0)
    assert energy(took, elsewhere) == pytest.approx(4.0)
    assert money(took, elsewhere) == Missing(f"no price of {A100} is known; `price` in the cluster's file says it")


def test_energy_that_accelerators_told_comes_before_what_they_draw_at_most() -> None:
    told = Hours("target", A100, 3, 10.0, joules=7.2e6)
    assert energy(told, None) == pytest.approx(2.0)
    notes = hours_table((told, Hours("evaluate", A100, 3, 1.0)), None).notes
    assert any(note.startswith("kWh: what accelerators measured, in target; else") for note in notes)


def test_what_is_not_known_is_missing_with_its_reason_and_never_zero(make: Any) -> None:
    table = hours_table(timed(make, {"packages": {}}), None)
    assert {row[3:] for rows in table.sections for row in rows} == {("missing", "missing", "missing")}
    assert any("which do not say how long on how many" in note for note in table.notes)
    cpu = hours_table((Hours("target", "cpu", 1, 0.5),), None)
    assert cpu.sections[1] == (("all", "", "1", "0.5", "missing", "missing"),)
    assert "missing: no power of cpu is known; `watts` in the cluster's file says it" in cpu.notes


def test_the_tariff_is_what_the_cluster_says() -> None:
    hardware = Hardware(device="a100_sxm_40gb", host_memory_gb=100.0, price=3.0, currency="EUR")
    found = tariff(Cluster(name="c", accelerator="cuda", hardware=hardware))
    assert found and (found.price, found.currency, found.watts) == (3.0, "EUR", 400)
    assert A100 in found.devices
    assert tariff(Cluster(name="c")) is None
