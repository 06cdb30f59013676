"""Time and memory by stage: summed and greatest over the finished phases, never a made-up zero."""

import dataclasses
from typing import Any

from harness.analysis.spending.usage import NOT_MEASURED, usage_table
from harness.plan.dag import plan
from harness.spec.identity import identity

MIB = 2**20


def test_seconds_are_summed_and_the_greatest_peak_shown_by_stage(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    for number, (key, record) in enumerate(results.records.items()):
        measured = {"wall_seconds": 2.0, "peak_memory_bytes": (number + 1) * MIB}
        results.records[key] = dataclasses.replace(record, **measured)
    answer = make.answer(study, results)
    phases = plan(study.leaves)
    assert list(answer.usage) == ["intermediate", "target", "evaluate"]
    assert sum(use.phases for use in answer.usage.values()) == len(phases)
    assert all(use.seconds == 2.0 * use.phases for use in answer.usage.values())
    assert max(use.peak_memory for use in answer.usage.values()) == len(phases) * MIB
    table = usage_table(answer.usage)
    evaluations = answer.usage["evaluate"].phases
    assert table.sections[0][-1] == ("evaluate", str(evaluations), f"{2 * evaluations:.1f}", "2.0", f"{len(phases)}")
    assert len(table.notes) == 1


def test_unfinished_phases_are_counted_and_left_out(make: Any) -> None:
    study = make.study()
    results = make.results(study)
    results.records = {
        key: dataclasses.replace(record, wall_seconds=1.5, peak_memory_bytes=MIB)
        for key, record in results.records.items()
    }
    del results.records[identity(study.leaves[0])]
    use = make.answer(study, results).usage["evaluate"]
    assert use.seconds == 1.5 * (use.phases - 1)
    assert usage_table({"evaluate": use}).sections[0][0][1] == f"{use.phases - 1} of {use.phases}"
    nothing = dataclasses.replace(use, finished=0)
    assert usage_table({"evaluate": nothing}).sections[0][0][2:] == ("", "", "")


def test_records_without_a_measurement_make_it_missing_by_name(make: Any) -> None:
    table = usage_table(make.answer(make.study()).usage)
    assert {cell for row in table.sections[0] for cell in row[2:]} == {"missing"}
    assert NOT_MEASURED in table.notes
