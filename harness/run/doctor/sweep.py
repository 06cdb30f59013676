"""What a sweep needs before it begins: that it can be run at all, its data, its models, and the hub where they lack."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from harness.files.mirror import mirrored_model
from harness.run.check import check, published, read_by
from harness.run.doctor.finding import Finding, error, listed, ok, warning
from harness.run.study import Work
from harness.spec.errors import HarnessError
from harness.spec.model import Pretrained

CHECK, DATA, MODELS = "sweep", "data", "models"
FILES = ("config.json", "tokenizer.json")
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
FETCH = "`harness data fetch SWEEP --data DIR` where there is a network"
AtHand = Callable[[Pretrained], bool]


def check_sweep(work: Work, environment: Mapping[str, str], at_hand: AtHand) -> list[Finding]:
    """Findings about the sweep of `work`; `at_hand` says of a model whether its files are on this machine."""
    lacking = [*_data(work), *_models(work, environment, at_hand)]
    if any(finding.level == "error" for finding in lacking):
        return lacking  # whether it can be run is asked once nothing of this is in its way
    return [*lacking, _can_be_run(work)]


def on_this_machine(data: Path | None) -> AtHand:
    """Looks below the data folder, and in the hub's own cache; a mirror that is damaged is none."""

    def at_hand(model: Pretrained) -> bool:
        if model.revision is None:
            return False
        try:
            return bool(mirrored_model(data, model.hub_id, model.revision)) or _cached(model)
        except HarnessError:
            return False

    return at_hand


def _can_be_run(work: Work) -> Finding:
    try:
        check(work)
    except HarnessError as wrong:
        return error(CHECK, str(wrong), "mend the sweep's or the cluster's file as the sentence says")
    return ok(CHECK, f"{work.study.sweep.name}: all {len(work.plan)} phases can be placed")


def _data(work: Work) -> Iterator[Finding]:
    sets = dict.fromkeys(data for phase in work.plan for data in read_by(phase))
    lacking = [f"{data.task} ({data.split})" for data in sets if not data.at_hand]
    if lacking:
        yield error(DATA, f"not at hand: {listed(lacking)}", f"name their folder with --data, or {FETCH}")
    else:
        yield ok(DATA, f"all {len(sets)} sets are at hand")


def _models(work: Work, environment: Mapping[str, str], at_hand: AtHand) -> Iterator[Finding]:
    offline = [name for name in OFFLINE if environment.get(name, "").upper() in ("1", "ON", "YES", "TRUE")]
    models = published(work.plan)
    for model in models:
        if model.revision is None:
            yield error(MODELS, f"the revision of {model.hub_id} is not pinned", "pin it in harness/catalog/models")
        elif not at_hand(model):
            says = f"{model.hub_id}@{model.revision[:8]} is not on this machine"
            if offline:
                yield error(MODELS, f"{says}, and {offline[0]} forbids to fetch it", FETCH)
            else:
                yield warning(MODELS, f"{says}; the first launch would fetch it, on every node", f"before it: {FETCH}")
    if models and all(map(at_hand, models)):
        yield ok(MODELS, f"on this machine: {listed(model.hub_id for model in models)}")


def _cached(model: Pretrained) -> bool:
    """Whether the hub's cache has the small files, and weights beside them."""
    hub = importlib.import_module("huggingface_hub")
    found = [hub.try_to_load_from_cache(model.hub_id, name, revision=model.revision) for name in FILES]
    return all(isinstance(file, str) for file in found) and any(Path(found[0]).parent.glob("*.safetensors"))
