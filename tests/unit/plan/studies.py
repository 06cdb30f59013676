"""Studies of one short sweep, and the stages of their points, for the tests of chains and of recipes."""

from harness.plan.sweeps.datasets import DataAccess, Datasets
from harness.plan.sweeps.expand import expand
from harness.plan.sweeps.study import PlannedPoint, Study
from harness.plan.sweeps.sweep import Sweep
from harness.plan.sweeps.targets import targets_of
from harness.spec.load import from_yaml
from harness.spec.phase import Train, lineage

NOTHING = DataAccess(lambda task, split: (), lambda data: data, lambda data, evaluated: ())
SCRATCH = """{name: toy, architecture: xlm_r/toy, tokenizer: {algorithm: words, vocabulary: 90},
  text: [{task: toy_text}], pretrain: {duration: {unit: epochs, amount: 1}, batch_size: 16, learning_rate: 1e-3}}"""


def study_of(chains: str, *lines: str, model: str = "xlm_r/base", targets: str = "[udpos]") -> Study:
    text = f"name: made\nmodels: [{model}]\nintermediate: [{chains}]\nepochs: 1\nbatch_size: 16\ntargets: {targets}\n"
    sweep = from_yaml(Sweep, text + "\n".join(lines), "made.yaml")
    return expand(sweep, Datasets(NOTHING, targets_of(sweep)))


def stages_of(point: PlannedPoint) -> list[Train]:
    return [phase for phase in lineage(point.leaves[0]) if phase.role == "intermediate"][::-1]


def point_on_axes(study: Study, control: str | None = None) -> PlannedPoint:
    return next(point for point in study.points if point.at.on_axes and point.at.control == control)


TEXT = "text: [{task: text, languages: [de, sw]}]"
