"""The mirror of the hub below a data folder: where its files lie, and the manifest that says which are whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.files.atomic import digest, read_text, write_json
from harness.spec.errors import HarnessError
from harness.spec.load import build, from_json
from harness.spec.paths import InnerPath
from harness.spec.value import value

HUB, MODELS = "hub", "models"  # folders of the data folder
MANIFEST = "manifest.json"
WEIGHTS_INDEX = "model.safetensors.index.json"
REMEDY = "`harness data fetch` again replaces what is missing or damaged and keeps the rest"


@value
class Mirrored:
    """One file of a mirror: its SHA-256 and its size."""

    sha256: str
    bytes: int


@value
class Manifest:
    """The whole files of a mirror by their paths in the repository, and where they are from."""

    repo: str
    revision: str
    files: dict[InnerPath, Mirrored]


def data_folder(repo: str, revision: str) -> str:
    """Where a data set of the hub is mirrored, relative to the data folder."""
    return f"{HUB}/{repo}/{revision}"


def model_folder(repo: str, revision: str) -> str:
    """Where a model of the hub is mirrored, relative to the data folder."""
    return f"{MODELS}/{repo}/{revision}"


def manifest(folder: Path) -> Manifest | None:
    """What `folder` is known to hold, None where nothing was finished; raises HarnessError for a damaged manifest."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    found: Manifest = from_json(Manifest, read_text(path, "a mirror's manifest"), str(path))
    return found


def write_manifest(folder: Path, found: Manifest) -> None:
    """Say that the files of `found` are whole; written last. Raises HarnessError where it cannot be."""
    write_json(folder / MANIFEST, found)


def folder_of(file: Path) -> Path | None:
    """The mirror that a file lies in, by the 40 digits of a revision above it; None for files from elsewhere."""
    return next((folder for folder in file.parents if _revision(folder.name)), None)


def check_size(folder: Path, name: str, expected: Mirrored) -> None:
    """Raise HarnessError, naming the file, where it is not there or has another size."""
    file = folder / name
    size = file.stat().st_size if file.is_file() else None
    if size != expected.bytes:
        found = "is missing" if size is None else f"has {size:,} bytes"
        raise HarnessError(f"{file}: {found}; expected {expected.bytes:,} bytes as fetched; {REMEDY}")


def check_file(folder: Path, name: str, expected: Mirrored, sha256: str | None = None) -> None:
    """Raise HarnessError, naming the file, where it is not what was fetched; `sha256` is its digest if known."""
    check_size(folder, name, expected)
    found = sha256 or digest(folder / name)
    if found != expected.sha256:
        raise HarnessError(
            f"{folder / name}: is damaged: its SHA-256 begins with {found[:12]}, "
            f"expected {expected.sha256[:12]} as fetched; {REMEDY}"
        )


def mirrored_model(root: Path | None, repo: str, revision: str) -> Path | None:
    """The folder of a model that was fetched whole below `root`, every size checked; None where there is none.

    Digests are checked when a model is fetched, and by `harness data status`. Raises HarnessError, naming the file.
    """
    if root is None:
        return None
    folder = root / model_folder(repo, revision)
    found = manifest(folder)
    if found is None:
        if folder.is_dir():
            raise HarnessError(f"{folder}: has no {MANIFEST}, so its fetch did not end; {REMEDY}")
        return None
    for name, expected in found.files.items():
        check_size(folder, name, expected)
    return folder


def whole_model(folder: Path) -> bool:
    """Whether `folder`, as of the hub's cache, has a tokenizer and all weights: a single file or those of its index."""
    index = folder / WEIGHTS_INDEX
    parts: set[str] = {"model.safetensors"}
    if index.exists():
        try:
            told = from_json(dict[str, Any], read_text(index, "an index of weights"), str(index)).get("weight_map")
            parts = set(build(dict[str, InnerPath], told, str(index)).values())
        except HarnessError:
            return False
    return all((folder / name).is_file() for name in {"tokenizer.json", "config.json", *parts})


def mirrors(root: Path, kind: str) -> Mapping[Path, Manifest | None]:
    """The mirrored repositories below `root`, HUB or MODELS, with their manifests."""
    folders = sorted(path for path in (root / kind).glob("*/*/*") if path.is_dir() and _revision(path.name))
    return {folder: manifest(folder) for folder in folders}


def _revision(name: str) -> bool:
    return len(name) == 40 and set(name) <= set("0123456789abcdef")
