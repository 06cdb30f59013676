"""Published models before a launch: at hand in the mirror or in the hub's cache, or else the hub must answer."""

import importlib
from pathlib import Path

from harness.files.mirror import mirrored_model, whole_model
from harness.plan.dag import Plan
from harness.run.check import published
from harness.run.data.hub import Repository, told
from harness.spec.errors import HarnessError
from harness.spec.model import Pretrained


def check_models(plan: Plan, data: Path | None) -> None:
    """Raise HarnessError for a published model of `plan` that is not at hand while the hub cannot be asked for it.

    Nothing is asked for models that are at hand.
    """
    for model in published(plan):
        model.pinned()
        if mirrored_model(data, model.hub_id, model.pinned()) or _cached(model):
            continue
        try:
            _asked(Repository("model", model.hub_id, model.pinned()))
        except HarnessError as error:
            raise HarnessError(
                f"{model.hub_id}@{model.pinned()[:8]}: is neither mirrored below {data or 'a data folder'} nor in the "
                "hub's cache, and the hub does not answer; where there is a network, `harness data fetch` mirrors it "
                f"({error})"
            ) from error


def _asked(repository: Repository) -> None:
    """Ask once: who waits for a launch is better told now."""
    hub = importlib.import_module("huggingface_hub")
    with told(repository):
        next(iter(hub.HfApi().list_repo_tree(repository.name, revision=repository.revision)), None)


def _cached(model: Pretrained) -> bool:
    hub = importlib.import_module("huggingface_hub")
    found = hub.try_to_load_from_cache(model.hub_id, "config.json", revision=model.pinned())
    return isinstance(found, str) and whole_model(Path(found).parent)
