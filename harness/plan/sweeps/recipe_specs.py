"""What a sweep file says of recipes: the learning rate along the batch-size axis, and changes to the defaults."""

from dataclasses import field
from typing import Literal

from pydantic import model_validator

from harness.plan.sweeps.model_specs import Amounts, Changes
from harness.spec.value import value


@value
class LearningRate:
    """How the intermediate learning rate follows the batch size (from the first one), or a grid of its own."""

    rule: Literal["fixed", "sqrt", "linear"] = "fixed"
    grid: Amounts | None = None

    @model_validator(mode="after")
    def _check(self) -> "LearningRate":
        if self.grid and self.rule != "fixed":
            raise ValueError("learning_rate: a grid sets the rates itself; give a rule or a grid")
        return self


@value
class Stages:
    """Changes to the recipes of the intermediate stages, and of each target task's own stages by its name."""

    intermediate: Changes = field(default_factory=dict)
    target: dict[str, Changes] = field(default_factory=dict)


@value
class Recipes(Stages):
    """Changes everywhere, then to the stages of one chain alone, then for one model alone; the later ones win."""

    by_chain: dict[str, Changes] = field(default_factory=dict)
    by_model: dict[str, Stages] = field(default_factory=dict)
