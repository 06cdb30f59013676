"""The "experimental details" that a paper needs, in sentences made from the values of the study."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.analysis.answer import Answer
from harness.analysis.inference.sensitivity import TARGET_MORE
from harness.analysis.points.costs import add, distinct
from harness.analysis.points.methods import FULL, lora_name
from harness.analysis.points.seeds import kind_of, over
from harness.analysis.report.provenance import environments
from harness.analysis.spending.hours import total_hours
from harness.analysis.table import scientific
from harness.analysis.values import Missing
from harness.plan.network.size import size
from harness.spec.model import Imported, Model, Pretrained, Scratch
from harness.spec.phase import Evaluate, Train, lineage, origin
from harness.spec.recipe import Recipe

ROLES = {"pretrain": "pretraining", "intermediate": "intermediate training", "target": "target training"}
UNITS = {
    "epochs": "{} epochs",
    "steps": "{} steps",
    "flops": "{} model FLOPs",
    "match": "as many FLOPs as the intermediate stages that it is matched to",
}
NOT_KNOWN = "not known yet"


def experimental_details(answer: Answer) -> Iterator[str]:
    """Paragraphs: models and training; evaluation and statistics; hardware, cost and software."""
    yield " ".join([*_models(answer), *_training(_stages(answer))])
    yield " ".join([*_evaluation(answer), *_seeds(answer), *_statistics(answer)])
    yield " ".join([*_hardware(answer), *_cost(answer), *_software(answer)])


def _stages(answer: Answer) -> list[Train]:
    stages = distinct(stage for leaf in answer.study.leaves for stage in lineage(leaf))
    return [stage for stage in stages.values() if isinstance(stage, Train)]


def _models(answer: Answer) -> Iterator[str]:
    leaves = {point.at.model: point.planned.leaves[0] for point in answer.points if point.planned.leaves}
    for name, leaf in leaves.items():
        yield f"Model {name} is {_model(origin(leaf))}."


def _model(model: Model) -> str:
    shape = model.architecture
    numbers = (
        f"{size(shape).parameters:,} parameters in the encoder; {shape.layers} layers, hidden size {shape.hidden}, "
        f"{shape.heads} heads, vocabulary {shape.vocabulary:,}"
    )
    match model:
        case Pretrained():
            revision = f"revision {model.revision}" if model.revision else "a revision that is not pinned"
            return f"{model.hub_id} at {revision} ({numbers})"
        case Imported():
            return f"an imported checkpoint with SHA-256 {model.digest} ({numbers})"
        case Scratch():
            tokenizer = f"tokenizer {model.tokenizer.algorithm} of {model.tokenizer.vocabulary:,} entries"
            return f"a {shape.family} trained from scratch with seed {model.seed} ({numbers}; {tokenizer})"


def _training(stages: Iterable[Train]) -> Iterator[str]:
    """One sentence per set of settings, with the stages that have it; what is swept is listed."""
    groups: dict[str, dict[tuple[str, str], list[Train]]] = {}
    for stage in sorted(stages, key=lambda stage: [*ROLES].index(stage.role)):
        task = "+".join(data.name for data in stage.data)
        groups.setdefault(_settings(stage.recipe), {}).setdefault((stage.role, task), []).append(stage)
    for settings, own in groups.items():
        yield f"With {settings}: {'; '.join(_together(own))}."


def _together(own: Mapping[tuple[str, str], Sequence[Train]]) -> Iterator[str]:
    """Each amount of training with the tasks that have it."""
    tasks: dict[tuple[str, str], list[str]] = {}
    for (role, task), stages in own.items():
        tasks.setdefault((role, _amounts([stage.recipe for stage in stages])), []).append(task)
    for (role, amounts), names in tasks.items():
        yield f"{ROLES[role]} on {_list(names)} for {amounts}"


def _amounts(recipes: Sequence[Recipe]) -> str:
    durations: dict[str, list[str]] = {}
    for recipe in recipes:
        durations.setdefault(UNITS[recipe.duration.unit], []).append(f"{recipe.duration.amount:g}")
    lengths = _list(unit.format(_list(sorted(set(own), key=float))) for unit, own in durations.items())
    lengths = {"1 epochs": "1 epoch", "1 steps": "1 step"}.get(lengths, lengths)
    batches = _list(map(str, sorted({recipe.batch_size for recipe in recipes})))
    rates = _list(f"{rate:g}" for rate in sorted({recipe.learning_rate for recipe in recipes}))
    return f"{lengths}, batch size {batches}, learning rate {rates}"


def _settings(recipe: Recipe) -> str:
    schedule = "linear decay" if recipe.schedule == "linear" else "a constant learning rate"
    lengths = f"at most {recipe.window.max_length} tokens"
    return (
        f"{schedule} after {recipe.warmup:.0%} warm-up, AdamW (betas {recipe.betas[0]:g} and {recipe.betas[1]:g}, "
        f"epsilon {recipe.epsilon:g}, weight decay {recipe.weight_decay:g}), gradients clipped at {recipe.clip:g}, "
        f"dropout {recipe.dropout:g}, {lengths}, {recipe.precision}, "
        f"{lora_name(recipe.lora) if recipe.lora else FULL}"
    )


def _evaluation(answer: Answer) -> Iterator[str]:
    leaves: dict[str, Evaluate] = {leaf.data.task: leaf for leaf in answer.study.leaves}
    tasks = "; ".join(
        f"{name} ({leaf.data.split}, {len(leaf.data.languages)} languages)" for name, leaf in leaves.items()
    )
    yield f"Models are evaluated on {tasks}, with the weights of the last step; target languages select nothing."
    yield from answer.split.descriptions(point.at.model for point in answer.points)


def _seeds(answer: Answer) -> Iterator[str]:
    seeds = answer.study.sweep.seeds
    kinds = {"pretraining": seeds.pretrain, "intermediate": seeds.intermediate, "target": seeds.target}
    told = "; ".join(f"{name} {', '.join(map(str, own))}" for name, own in kinds.items())
    yield f"Seeds: {told}{', intermediate and target paired' if seeds.paired else ''}."


def _statistics(answer: Answer) -> Iterator[str]:
    yield (
        "Scores are unweighted means over languages within a task, then over tasks; a gain is the difference to the "
        "same model with the same seeds and no intermediate training."
    )
    if kind_of(answer.study):
        yield f"Intervals of gains and curves are 95 % t-intervals over {over(answer.study)}."
    primary = answer.inference.primary.name
    of = "mean gains" if primary == "gain" else "slopes on log10 intermediate model FLOPs"
    if TARGET_MORE in primary:
        of += ", of gains over the control that spends the same FLOPs on each target's own data,"
    yield (
        f"Disproportion is the contrast of {of} between low- and high-resource languages with task fixed effects and a "
        f"{answer.inference.level} interval, its error clustered on language (CR2, Bell and McCaffrey 2002) with "
        "Satterthwaite degrees of freedom; English and unseen languages are left out."
    )


def _hardware(answer: Answer) -> Iterator[str]:
    told = environments(answer)
    devices, processes = (" or ".join(told.get(name, [NOT_KNOWN])) for name in ("device", "world_size"))
    yield f"Phases ran on {processes} process{'' if processes == '1' else 'es'} each, on {devices}."


def _cost(answer: Answer) -> Iterator[str]:
    hours, spent = total_hours(answer.hours), add(answer.spent)
    took = f"missing ({hours.reason})" if isinstance(hours, Missing) else f"{hours:,.3g}"
    yield f"Finished phases took {took} accelerator-hours."
    if isinstance(spent, Missing):
        yield "Their FLOPs are missing here, since phases are not finished."
    else:
        yield (
            f"The study took {scientific(float(spent.model))} model FLOPs, {scientific(float(spent.hardware))} "
            f"hardware FLOPs, and {scientific(float(spent.six_nd))} by 6ND."
        )


def _software(answer: Answer) -> Iterator[str]:
    told = environments(answer)
    packages = {name.removeprefix("packages."): values for name, values in told.items() if name.startswith("packages.")}
    versions = ", ".join(f"{name} {' or '.join(values)}" for name, values in packages.items())
    python, commit = (" or ".join(told.get(name, [NOT_KNOWN])) for name in ("python", "commit"))
    yield f"Software: Python {python}, {versions or NOT_KNOWN}; the harness at commit {commit}."


def _list(texts: Iterable[str]) -> str:
    found = list(dict.fromkeys(texts))
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
