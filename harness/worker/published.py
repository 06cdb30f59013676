"""Published models: their files in the mirror below the data folder, or else in the hub's own cache."""

from pathlib import Path

from huggingface_hub import hf_hub_download, snapshot_download, try_to_load_from_cache
from huggingface_hub.errors import LocalEntryNotFoundError

from harness.files.mirror import mirrored_model, whole_model
from harness.spec.errors import HarnessError
from harness.spec.model import Pretrained

WEIGHTS = ["*.safetensors", "*.json"]


def weights_folder(model: Pretrained, data: Path | None) -> Path:
    """The folder that holds the weights of `model`; raises HarnessError where no place has them whole."""
    mirrored = mirrored_model(data, model.hub_id, model.pinned())
    if mirrored:
        return mirrored
    cached = try_to_load_from_cache(model.hub_id, "config.json", revision=model.pinned())
    if isinstance(cached, str) and whole_model(Path(cached).parent):
        return Path(cached).parent  # what is at hand is not asked for
    try:
        return Path(snapshot_download(model.hub_id, revision=model.pinned(), allow_patterns=WEIGHTS))
    except LocalEntryNotFoundError as error:
        raise _nowhere(model, data) from error


def published_file(model: Pretrained, name: str, data: Path | None) -> Path:
    """One file of `model`, such as its tokenizer; raises HarnessError where no place has it whole."""
    mirrored = mirrored_model(data, model.hub_id, model.pinned())
    if mirrored:
        return mirrored / name
    cached = try_to_load_from_cache(model.hub_id, name, revision=model.pinned())
    if isinstance(cached, str):
        return Path(cached)
    try:
        return Path(hf_hub_download(model.hub_id, name, revision=model.pinned()))
    except LocalEntryNotFoundError as error:
        raise _nowhere(model, data) from error


def _nowhere(model: Pretrained, data: Path | None) -> HarnessError:
    return HarnessError(
        f"{model.hub_id}@{model.pinned()[:8]}: is neither mirrored below {data or 'a data folder'} nor in the hub's "
        "cache, and the hub cannot be reached; `harness data fetch` mirrors it where there is a network"
    )
