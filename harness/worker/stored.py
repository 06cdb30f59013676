"""Parameters in safetensors files: where each one lies, read one at a time."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from safetensors import safe_open
from torch import Tensor

from harness.catalog import find
from harness.files.hub_names import ours
from harness.spec.errors import HarnessError

_EXPERT = re.compile(r"(?P<at>.+\.experts)\.(?P<number>\d+)\.(?P<matrix>\w+)\.weight")


class Source(Protocol):
    """What a parameter is read from."""

    def read(self) -> Tensor:
        """The whole parameter, in the precision in which it is stored."""


class Stored(NamedTuple):
    """A parameter that is one tensor of a file."""

    path: Path
    name: str

    def read(self) -> Tensor:
        """The tensor."""
        with safe_open(self.path, "pt") as file:
            return file.get_tensor(self.name)  # type: ignore[no-any-return]


class Experts(NamedTuple):
    """A parameter that holds all experts of a layer, each of which lies in matrices of its own."""

    matrices: tuple[tuple[Source, ...], ...]

    def read(self) -> Tensor:
        """[experts, out, in]: of each expert its matrices one under another."""
        first = self._expert(0)
        whole = first.new_empty(len(self.matrices), *first.shape)
        for number in range(len(self.matrices)):
            whole[number] = self._expert(number)
        return whole

    def _expert(self, number: int) -> Tensor:
        return torch.cat([matrix.read() for matrix in self.matrices[number]])


Shards = Mapping[str, Source]  # by our names of the parameters


def published(folder: Path, family: str, name: str) -> dict[str, Source]:
    """The parameters of a transformers checkpoint by our names, the head for masked text among them if it has one.

    Raises HarnessError, calling the checkpoint `name`, where it holds no safetensors or not all experts of a layer.
    """
    named, found = find.family(family), dict[str, Source]()
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            found |= {ours(theirs, named): Stored(path, theirs) for theirs in file.keys()}  # noqa: SIM118 - it has no iterator
    if not found:
        raise HarnessError(f"{name}: has no safetensors weights; convert them first")
    return found | _fused(found, named.fused, name)


def _fused(found: Shards, fused: Mapping[str, tuple[str, ...]], name: str) -> dict[str, Source]:
    """The tensors of all experts, where `found` has the experts one by one."""
    counts: dict[str, int] = {}
    for match in filter(None, map(_EXPERT.fullmatch, found)):
        counts[match["at"]] = max(counts.get(match["at"], 0), int(match["number"]) + 1)
    return {
        f"{at}.{tensor}": Experts(tuple(_matrices(found, f"{at}.{number}", parts, name) for number in range(count)))
        for at, count in counts.items()
        for tensor, parts in fused.items()
    }


def _matrices(found: Shards, expert: str, parts: tuple[str, ...], name: str) -> tuple[Source, ...]:
    names = [f"{expert}.{part}.weight" for part in parts]
    for each in names:
        if each not in found:
            raise HarnessError(f"{name}: '{each}' is not among the stored weights; fetch the model again")
    return tuple(found[each] for each in names)
