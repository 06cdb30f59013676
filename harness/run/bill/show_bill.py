"""The printed bill of `harness plan`: where each kind of phase runs, what it takes, the totals, what sharing saves."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.console import Console

from harness.plan.bill import Amount, Bill, Line
from harness.plan.memory.peak import Memory

GB = 1e9
KILO = 1000.0


def show_bill(bill: Bill, console: Console) -> None:
    """Print all of it."""
    tables = (_placed(bill), _held(bill), _stepped(bill), _taken(bill))
    lines = [line for table in tables for line in table.lines]
    console.print("\n".join([*lines, *_sentences(bill)]), markup=False, highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Sheet:
    """A table with columns of `words`, then of `numbers`, which end at the same place.

    Aligned here, since rich takes as long for some hundred rows as a plan of thousands of phases; and as wide as it is,
    since a number cut short is worse than a line that a terminal wraps.
    """

    title: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def lines(self) -> Iterator[str]:
        """As it is printed."""
        names = ("model", "phase", *self.words, *self.numbers)
        widths = [max(map(len, column)) for column in zip(names, *self.rows, strict=True)]
        yield from ("", self.title, "", _aligned(names, widths, self.numbers))
        yield " " + "─" * (sum(widths) + 2 * len(widths))
        yield from (_aligned(row, widths, self.numbers) for row in self.rows)
        yield ""


def _aligned(cells: tuple[str, ...], widths: list[int], numbers: tuple[str, ...]) -> str:
    words = len(cells) - len(numbers)
    placed = (
        cell.ljust(width) if place < words else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f" {'  '.join(placed)}".rstrip()


def _placed(bill: Bill) -> Sheet:
    title = f"Where phases run: {bill.cluster}, {bill.accelerators} accelerators"
    table = Sheet(title, ("strategy",), ("on", "micro-batch x accumulation", "parameters", "trained"))
    for line in bill.lines:
        kind = line.kind
        strategy = f"{kind.strategy}{' + checkpointing' if kind.checkpointing else ''}"
        trained = _size(kind.trained) if kind.trained else "-"
        batch = " x ".join(map(str, kind.batch)) if kind.trained else "-"
        on = str(kind.accelerators)
        table.rows.append((kind.model, kind.slug, strategy, on, batch, _size(kind.parameters), trained))
    return table


def _held(bill: Bill) -> Sheet:
    numbers = ("all", "states", "activations", "gathered", "buffers", "besides", "margin", "on the host", "on NVMe")
    table = Sheet("GB of one process", (), numbers)
    for line in bill.lines:
        table.rows.append((line.kind.model, line.kind.slug, *_memory(line.kind.memory)))
    return table


def _memory(memory: Memory) -> Iterator[str]:
    working = (memory.activations, memory.gathered, memory.buffers, memory.update + memory.base, memory.margin)
    for part in (memory.accelerator, memory.states, *working, memory.host, memory.nvme):
        yield f"{part / GB:.1f}" if part else "-"


def _stepped(bill: Bill) -> Sheet:
    numbers = ("steps", "a step", "compute", "optimizer", "communication", "offload", "roofline")
    table = Sheet("Seconds", (), numbers)
    for line in bill.lines:
        table.rows.append((line.kind.model, line.kind.slug, *_step(line)))
    return table


def _step(line: Line) -> Iterator[str]:
    yield f"{'' if line.measured else '~ '}{line.steps}" if line.steps else "?"
    step = line.step
    for seconds in (step.seconds, step.compute, step.optimizer, step.communication, step.offload):
        yield f"{seconds:.3g}" if seconds else "-"
    yield line.bound or "?"


def _taken(bill: Bill) -> Sheet:
    table = Sheet("What they take", (), _taken_names(bill))
    for line in bill.lines:
        table.rows.append((line.kind.model, line.kind.slug, *_amount(line.amount, bill)))
    for name, amount in (("all", bill.total), ("still to come", bill.left)):
        table.rows.append((name, "", *_amount(amount, bill)))
    return table


def _taken_names(bill: Bill) -> tuple[str, ...]:
    return ("phases", "model FLOPs", "hardware FLOPs", "hours", "accelerator-hours", bill.currency, "kWh")


def _amount(amount: Amount, bill: Bill) -> Iterator[str]:
    yield str(amount.phases)
    for flops in (amount.model, amount.hardware):
        yield _number(f"{flops:.3g}", amount.unknown, amount.phases)
    hours = amount.accelerator_hours
    for number in (amount.hours, hours, _times(hours, bill.price), _times(hours, bill.watts and bill.watts / KILO)):
        yield "?" if number is None else _number(f"{number:,.1f}", amount.untimed, amount.phases)


def _number(text: str, missing: int, phases: int) -> str:
    """A sum, with a mark where some of it is missing."""
    if not missing:
        return text
    return "?" if missing == phases else f"{text} + ?"


def _times(hours: float, rate: float | None) -> float | None:
    return None if rate is None else hours * rate


def _sentences(bill: Bill) -> Iterator[str]:
    yield from (f"{line.kind.model}, {line.kind.stage}: {line.kind.why}" for line in _fullest(bill))
    yield f"Times: {bill.rates}; without starts, loading and writing of weights."
    shared = bill.sharing
    for words, amount in (("each leaf by itself", shared.alone), ("intermediates reused by hand", shared.by_hand)):
        if amount.hardware > shared.planned.hardware:
            saved = 1 - shared.planned.hardware / amount.hardware
            hours = amount.accelerator_hours - shared.planned.accelerator_hours
            yield f"Sharing saves {saved:.1%} of the FLOPs and {hours:,.1f} accelerator-hours against {words}."
        else:
            yield f"Sharing saves nothing against {words}."
    store = bill.storage
    files = f"{store.inodes:,} files and folders{f': {bill.excess}' if bill.excess else ''}"
    yield (
        f"The run folder at its fullest: {store.bytes / GB:,.1f} GB, {store.weights / GB:,.1f} GB of them weights "
        f"and {store.checkpoints / GB:,.1f} GB checkpoints of what is at work, in {files}."
    )
    if bill.phases_per_node_hour:
        rate = f"{bill.phases_per_node_hour:,.3g} phases per node-hour"
        many = f"Up to {bill.side_by_side} launches side by side" if bill.side_by_side > 1 else "One launch at a time"
        yield f"{many}; about {rate}."


def _fullest(bill: Bill) -> Iterator[Line]:
    """For each model and stage, strategy and number of accelerators the line that takes most memory."""
    found: dict[tuple[str, str, str, int], Line] = {}
    for line in bill.lines:
        kind = line.kind
        key = (kind.model, kind.stage, kind.strategy, kind.accelerators)
        if key not in found or found[key].kind.memory.accelerator < kind.memory.accelerator:
            found[key] = line
    yield from found.values()


def _size(parameters: int) -> str:
    return f"{parameters / GB:.3g}B" if parameters >= GB else f"{parameters / 1e6:.3g}M"
