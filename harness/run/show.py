"""The printed answers of `harness plan` and `harness status`."""

import dataclasses
import datetime
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from harness.analysis.spending.budgets import budget_tables
from harness.analysis.spending.usage import STAGES
from harness.files.layout import damaged, folders, phases
from harness.plan.dag import plan
from harness.run.bill.bill_json import bill_json
from harness.run.bill.show_bill import show_bill
from harness.run.conduct.held import held, hours
from harness.run.overview import Overview, Row
from harness.run.progress import duration
from harness.run.stop import conductors
from harness.run.store import State, Status, states
from harness.run.watch import Follower
from harness.spec.identity import identity
from harness.spec.phase import slug


def show_json(found: Overview, console: Console, power: Mapping[str, Any] | None = None) -> None:
    """Print a plan for other programs, with its `power` where that is asked for."""
    plain = dataclasses.asdict(dataclasses.replace(found, phases=(), bill=None))
    phases = [vars(row) for row in found.phases]
    bill = bill_json(found.bill) if found.bill else None
    told = json.dumps({**plain, "phases": phases, "bill": bill, **({"power": power} if power else {})})
    console.file.write(f"{told}\n")  # to print it would look at each word of some megabytes, to wrap it


def show_plan(found: Overview, console: Console) -> None:
    """Print a plan: its points, its phases by kind with what is shared and what they cost, its batches."""
    _say(console, f"{found.sweep}: {len(found.points)} points, {len(found.phases)} phases")
    if found.provisional:
        _say(console, "Some data are not at hand, so ids are provisional: they will change with the data's content.")
    if found.unpinned:
        names = ", ".join(found.unpinned)
        _say(console, f"The revision of {names} is not pinned, so ids are provisional: only a pinned model can be run.")
    lines = (*(f"  {label}" for label in found.points), *found.absent, *found.short)
    _say(console, "\n".join(lines))  # at once: each printing takes a while
    console.print(_by_kind(found))
    for table in budget_tables(found.budgets, about=True):
        console.print(table.rich())
    for line in [*_reasons(found), *_batches(found)]:
        _say(console, line)
    if found.bill:
        show_bill(found.bill, console)


def show_status(runs: Path, console: Console) -> None:
    """Print where every phase in a run folder stands, whatever sweep asked for it."""
    standing = states(runs, plan(phases(folders(runs)).values()))
    counts = Counter(state.status for state in standing.values())
    _say(console, f"{runs}: {', '.join(f'{count} {status}' for status, count in counts.items()) or 'no phases'}")
    for sentence in damaged(runs):
        _say(console, sentence)
    for conductor in conductors(runs):
        if (lease := conductor.lease) and lease.live:
            doubt = f"; {lease.doubt}" if lease.doubt else ""
            _say(console, f"command {lease.owner} is at work (process {lease.pid} on {lease.host}){doubt}")
    if launches := held(runs):
        count = "1 launch has" if len(launches) == 1 else f"{len(launches)} launches have"
        _say(console, f"{count} held {hours(launches):.3g} accelerator-hours")
    for state in standing.values():
        if state.status != "done":
            _say(console, f"  {state.status:8} {identity(state.phase)} {slug(state.phase)}: {_at_present(state)}")


def _by_kind(found: Overview) -> Table:
    occurring = [name for name in get_args(Status) if any(row.status == name for row in found.phases)]
    table = Table(box=SIMPLE_HEAD)
    table.add_column("phases", no_wrap=True)
    for name in ("all", "shared", *occurring, "FLOPs spent", "FLOPs to come"):
        table.add_column(name, justify="right", no_wrap=True)
    for kind in STAGES:
        rows = [row for row in found.phases if row.kind == kind]
        if rows:
            table.add_row(kind, *_cells(rows, occurring))
    table.add_section()
    table.add_row("all", *_cells(found.phases, occurring))
    return table


def _cells(rows: Sequence[Row], statuses: Iterable[str]) -> Iterator[str]:
    yield str(len(rows))
    yield str(sum(row.used_by > 1 for row in rows))
    for status in statuses:
        yield str(sum(row.status == status for row in rows))
    yield f"{sum(row.flops or 0 for row in rows if row.recorded):.3g}"
    to_come = [row.flops for row in rows if not row.recorded]
    unknown = " + ?" if None in to_come else ""
    total = sum(flops or 0 for flops in to_come)
    yield f"about {total:.3g}{unknown}" if total or unknown else "0"


def _reasons(found: Overview) -> Iterator[str]:
    reasons = Counter((row.status, row.reason) for row in found.phases if row.status != "done")
    for (status, reason), count in reasons.items():
        yield f"{count} {status}: {reason}"
    if unmeasured := sum(not row.recorded and not row.measured for row in found.phases):
        yield (
            f"FLOPs to come are an estimate: in {unmeasured} phases every text counts as one window of full length, in "
            "retrieval both sides of a row, in choice 4 choices a row; shorter texts take less, so that a FLOP budget "
            "buys more steps, and long ones, cut to several windows, more. Lengths are measured when a set is first "
            "read, or by `harness plan --measure`."
        )
    if unknown := sum(row.flops is None for row in found.phases):
        yield f"?: how many rows {unknown} phases read is not known without the data."


def _batches(found: Overview) -> Iterator[str]:
    for micro, accumulation, world in sorted({row.batch for row in found.phases if row.batch}):
        product = f"micro-batch {micro} x accumulation {accumulation} x world size {world}"
        yield f"global batch {micro * accumulation * world} = {product}"
    if found.shares:
        yield f"up to {found.launches} launches at once; side by side, each has {' or '.join(found.shares)}"


def _at_present(state: State) -> str:
    if state.status != "running":
        return state.reason
    now = Follower(state.folder, state.phase).look()
    step = f"{now.what} {now.done} of {now.total} {now.unit}" if now.total else now.what
    doubt = f"; {state.lease.doubt}" if state.lease and state.lease.doubt else ""
    return f"{step}, {state.reason}, {_since(state)}{doubt}"


def _since(state: State) -> str:
    """Since when a phase runs: its placement is written just before its launch."""
    placement = state.folder.placement_file
    if not placement.exists():
        return "about to start"
    began = datetime.datetime.fromtimestamp(placement.stat().st_mtime).astimezone()
    return f"launched {duration((datetime.datetime.now().astimezone() - began).total_seconds())} ago"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
