"""What LoRA's adapters are called in stored weights: `adapters.<module>.A` and `.B`, by their module in the encoder."""

from harness.files.hub_names import ENCODER

ADAPTERS, DOWN, UP = "adapters.", ".A", ".B"  # DOWN is [rank, in], UP is [out, rank]


def pairs(names: set[str]) -> dict[str, tuple[str, str]]:
    """By each encoder parameter that is adapted: the names of its adapter's two matrices among `names`."""
    modules = [name.removeprefix(ADAPTERS).removesuffix(DOWN) for name in sorted(names) if _is_down(name)]
    return {f"{ENCODER}{at}.weight": (f"{ADAPTERS}{at}{DOWN}", f"{ADAPTERS}{at}{UP}") for at in modules}


def _is_down(name: str) -> bool:
    return name.startswith(ADAPTERS) and name.endswith(DOWN)
