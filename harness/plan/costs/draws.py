"""How often a stage draws from its sets: the examples of some steps, and how many of them are different ones."""

from harness.plan.costs.duration import steps_per_epoch
from harness.spec.recipe import Recipe


def drawn(recipe: Recipe, size: int, steps: int, part: tuple[int, int] = (1, 1)) -> int:
    """Examples to expect of a set of `size` in `steps` optimiser steps, of which it has `part`, such as 2 in 5.

    A short batch may stand anywhere in a pass; over whole passes this is exact.
    """
    capped = min(size, recipe.examples_cap or size)
    return steps * part[0] * capped // (part[1] * steps_per_epoch([size], recipe.batch_size, recipe.examples_cap))


def distinct(recipe: Recipe, size: int, examples: int) -> int:
    """Of so many `examples` drawn from a set of `size`, how many are different.

    A pass draws none twice. Under a cap each pass draws its own part of the set, so this is what to expect.
    """
    capped = min(size, recipe.examples_cap or size)
    passes, rest = divmod(examples, capped)
    missed = (1 - capped / size) ** passes * (1 - rest / size)
    return round(size * (1 - missed))
