"""Checkpoints from elsewhere: looked at, copied into the run folder under the digest of their content, found again."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from harness.catalog import find
from harness.files.atomic import digest, read_text, sync, write_json
from harness.files.hub_names import ENCODER, ours
from harness.files.layout import IMPORT_MANIFEST, imported_folder
from harness.plan.network.size import tensors
from harness.run.exchange.foreign import architecture_of, check_tokenizer, shapes_of
from harness.spec.errors import HarnessError
from harness.spec.load import from_json
from harness.spec.model import Architecture, Imported
from harness.spec.paths import FileName
from harness.spec.value import value

CONFIG, TOKENIZER = "config.json", "tokenizer.json"


@value
class Copied:
    """One file of an imported checkpoint; the time is that of its last change, in nanoseconds."""

    name: FileName
    sha256: str
    bytes: int
    changed: int


@value
class Manifest:
    """Written last beside the copied files: what they are. `masked_head`: a head for masked text is among them."""

    digest: str
    architecture: Architecture
    files: tuple[Copied, ...]
    masked_head: bool


def import_checkpoint(source: Path, runs: Path) -> Manifest:
    """Copy the checkpoint in the folder `source` into the run folder, hard-linked where the file system can.

    Its digest is over the content of the weights and the tokenizer, whatever their files are called. Raises
    HarnessError for another kind of model, pickled or cut-off weights, or a tokenizer that is missing or has other
    special tokens.
    """
    weights = _weights(source)
    architecture = architecture_of(source / CONFIG)
    check_tokenizer(source / TOKENIZER, architecture)
    family = find.family(architecture.family)
    shapes = {ours(name, family): shape for file in weights for name, shape in shapes_of(file).items()}
    _check_shapes(source, architecture, shapes)
    files = [source / CONFIG, source / TOKENIZER, *weights]
    sums = {file.name: digest(file) for file in files}
    counted = sorted(found for name, found in sums.items() if name != CONFIG)
    key = hashlib.sha256(json.dumps(counted).encode()).hexdigest()
    folder = imported_folder(runs, key)
    _copy(files, folder)
    copied = tuple(_copied(folder / name, found) for name, found in sums.items())
    manifest = Manifest(key, architecture, copied, any(name.startswith("heads.mlm.") for name in shapes))
    write_json(folder / IMPORT_MANIFEST, manifest)
    for path in folder.glob("*.safetensors"):
        if path.name not in sums:  # the same content under an earlier name, which no manifest guards any more
            path.unlink()
    return manifest


def find_imported(runs: Path, beginning: str) -> Imported:
    """The imported checkpoint whose digest begins so; raises HarnessError for none, several, or a changed one."""
    found = sorted(imported_folder(runs, "").glob(f"{beginning}*/{IMPORT_MANIFEST}"))
    if len(found) != 1:
        what = f"{len(found)} imported checkpoints begin" if found else "no imported checkpoint begins"
        raise HarnessError(
            f"{imported_folder(runs, '')}: {what} with '{beginning}'; `harness import DIR` tells the digest of one"
        )
    manifest: Manifest = from_json(Manifest, read_text(found[0], "the manifest of an import"), str(found[0]))
    for file in manifest.files:
        _check_unchanged(found[0].parent / file.name, file)
    return Imported(manifest.digest, manifest.architecture)


def _weights(source: Path) -> list[Path]:
    if not source.is_dir():
        raise HarnessError(f"{source}: no such folder; name one that holds config.json, tokenizer.json and safetensors")
    found = sorted(source.glob("*.safetensors"))
    if found:
        return found
    pickled = sorted(path for ending in ("bin", "pt", "pth", "ckpt") for path in source.glob(f"*.{ending}"))
    if pickled:
        raise HarnessError(
            f"{pickled[0]}: is pickled, which can run code while it is read; save the weights as safetensors first"
        )
    raise HarnessError(f"{source}: holds no weights; expected model.safetensors or its parts")


def _check_shapes(source: Path, architecture: Architecture, found: Mapping[str, tuple[int, ...]]) -> None:
    for weight in tensors(architecture):
        name, shape = ENCODER + weight.name, weight.shape
        if name not in found:
            raise HarnessError(
                f"{source}: its weights lack '{name.removeprefix('encoder.')}', which config.json asks for"
            )
        if found[name] != shape:
            raise HarnessError(
                f"{source}: '{name.removeprefix('encoder.')}' has the shape {list(found[name])}; "
                f"config.json asks for {list(shape)}"
            )


def _copy(files: list[Path], folder: Path) -> None:
    """All files below `folder`; one that is there already is replaced by a whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        draft = folder / f".{file.name}.{uuid4().hex[:8]}"
        try:
            os.link(file.resolve(), draft)
        except OSError:  # another file system, or one without hard links
            shutil.copy2(file, draft)
            sync(draft)
        draft.replace(folder / file.name)
    sync(folder)


def _copied(path: Path, sha256: str) -> Copied:
    status = path.stat()
    return Copied(path.name, sha256, status.st_size, status.st_mtime_ns)


def _check_unchanged(path: Path, known: Copied) -> None:
    """A hard link shares its bytes with the file it was made of, which may have been written over since."""
    if path.is_file() and _copied(path, known.sha256) == known:
        return
    if not path.is_file() or digest(path) != known.sha256:
        raise HarnessError(f"{path}: is not what was imported; `harness import DIR` makes it whole again")
