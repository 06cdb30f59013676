"""Parameters in safetensors files: where each one lies, read one at a time."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from safetensors import safe_open
from torch import Tensor

from harness.files.hub_names import ours
from harness.spec.errors import HarnessError


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


Shards = Mapping[str, Source]  # by our names of the parameters


def published(folder: Path, family: str, name: str) -> dict[str, Source]:
    """The parameters of a transformers checkpoint by our names, the head for masked text among them if it has one.

    Raises HarnessError, calling the checkpoint `name`, where it holds no safetensors.
    """
    found: dict[str, Source] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "pt") as file:
            found |= {ours(theirs): Stored(path, theirs) for theirs in file.keys()}  # noqa: SIM118 - it has no iterator
    if not found:
        raise HarnessError(f"{name}: has no safetensors weights; convert them first")
    return found
