"""Chains of intermediate stages, written `mnli+squad_v2>hellaswag`: `+` concurrent, `>` then."""

from harness.spec.errors import HarnessError

Chain = tuple[tuple[str, ...], ...]

NO_INTERMEDIATE = "none"


def parse_chain(text: str) -> Chain:
    """The stages of a chain, each a tuple of task names; raises HarnessError for an empty stage or a repeated task."""
    stages = tuple(tuple(name.strip() for name in stage.split("+")) for stage in text.split(">"))
    for stage in stages:
        if not all(stage):
            raise HarnessError(f"chain '{text}': a stage is empty; write tasks as mnli+squad_v2>hellaswag")
        if len(set(stage)) < len(stage):
            raise HarnessError(f"chain '{text}': a task occurs twice in one stage; name each once")
    return stages
