"""The `analysis` block: its defaults, and one sentence for each thing that it cannot say."""

import pytest

from harness.plan.sweeps.analysis_spec import AnalysisSpec, Collapse
from harness.plan.sweeps.sweep import Sweep
from harness.spec.errors import HarnessError
from harness.spec.load import from_yaml

SWEEP = "name: made\nmodels: [m]\nintermediate: x\nepochs: 1\nbatch_size: 8\ntargets: toy\n"


def _sweep(*lines: str) -> Sweep:
    return from_yaml(Sweep, SWEEP + "\n".join(lines), "made.yaml")


def test_an_empty_block_has_the_defaults_and_no_block_is_none() -> None:
    assert _sweep("analysis: {}").analysis == AnalysisSpec()
    assert AnalysisSpec().collapse == Collapse(0.5)
    assert _sweep().analysis is None


@pytest.mark.parametrize(
    ("block", "sentence"),
    [
        ("{qestion: low_minus_high_gain}", "unknown key 'analysis.qestion'; did you mean 'question'"),
        ("{question: high_minus_low}", "'analysis.question' is \"high_minus_low\", but it should be"),
        ("{over: target_more}", "`over: target_more` needs that control; write `controls: [target_more]`"),
        ("{question: low_minus_high_gain, over: target_more}", "over target_more slopes alone are asked for"),
        ("{secondary: [by_chain, by_chain]}", "'analysis.secondary' names a value twice"),
        ("{secondary: [by_task]}", "'analysis.secondary.0' is \"by_task\", but it should be"),
        ("{collapse: {below: 1.5}}", "'analysis.collapse.below' is 1.5, but it should be less than 1"),
        ("{alpha: 1e-300}", "'analysis.alpha' is 1e-300, but it should be greater than or equal to 0.0001"),
        ("{difference: 1e+9}", "'analysis.difference' is 1000000000.0, but it should be less than or equal to 100"),
        ("{power: {run: 1e+200}}", "'analysis.power.run' is 1e+200, but it should be less than or equal to 100"),
        ("{power: {items: 1000000000000000000000}}", "but it should be less than or equal to 1000000000"),
        ("{power: {language: -1}}", "'analysis.power.language' is -1, but it should be greater than or equal to 0"),
    ],
)
def test_what_it_cannot_say_is_told_in_one_sentence(block: str, sentence: str) -> None:
    with pytest.raises(HarnessError) as told:
        _sweep(f"analysis: {block}")
    assert sentence in str(told.value)
