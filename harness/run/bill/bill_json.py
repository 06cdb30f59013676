"""The bill of a plan as plain data for other programs: names with their units, None for what is not known."""

from typing import Any

from harness.plan.bill import Amount, Bill, Line

JOULES = 1000.0  # watt-hours of a kilowatt-hour


def bill_json(bill: Bill) -> dict[str, Any]:
    """Bytes, seconds, hours, FLOPs; `step_seconds` are those of the longest step of a line's phases."""
    return {
        "cluster": bill.cluster,
        "accelerators": bill.accelerators,
        "rates": bill.rates,
        "currency": bill.currency,
        "lines": [{**_line(line), **_amount(line.amount, bill)} for line in bill.lines],
        "total": _amount(bill.total, bill),
        "left": _amount(bill.left, bill),
        "without_sharing": {
            "each_leaf_by_itself": _amount(bill.sharing.alone, bill),
            "intermediates_reused_by_hand": _amount(bill.sharing.by_hand, bill),
        },
        "run_folder": {
            "bytes": bill.storage.bytes,
            "weight_bytes": bill.storage.weights,
            "checkpoint_bytes": bill.storage.checkpoints,
            "inodes": bill.storage.inodes,
            "excess": bill.excess,
        },
        "launches_side_by_side": bill.side_by_side,
        "phases_per_node_hour": bill.phases_per_node_hour,
    }


def _line(line: Line) -> dict[str, Any]:
    kind, step = line.kind, line.step
    memory = kind.memory
    device = {name: size for name, size in vars(memory).items() if name not in ("host", "nvme")}
    return {
        "model": kind.model,
        "stage": kind.stage,
        "phase": kind.slug,
        "phase_ids": line.ids,
        "parameters": kind.parameters,
        "trained_parameters": kind.trained,
        "accelerators": kind.accelerators,
        "strategy": kind.strategy,
        "zero_stage": kind.zero_stage,
        "offload": kind.offload,
        "checkpointing": kind.checkpointing,
        "micro_batch": kind.batch[0],
        "accumulation": kind.batch[1],
        "why": kind.why,
        "memory_bytes": {**device, "total": memory.accelerator},
        "host_bytes": memory.host,
        "nvme_bytes": memory.nvme,
        "steps": line.steps,
        "lengths_measured": line.measured,
        "step_seconds": {**vars(step), "total": step.seconds} if line.bound else None,
        "roofline": line.bound,
    }


def _amount(amount: Amount, bill: Bill) -> dict[str, Any]:
    hours = None if amount.untimed == amount.phases else amount.accelerator_hours
    return {
        "phases": amount.phases,
        "phases_of_unknown_size": amount.unknown,
        "phases_without_time": amount.untimed,
        "model_flops": amount.model,
        "hardware_flops": amount.hardware,
        "hours": None if hours is None else amount.hours,
        "accelerator_hours": hours,
        "cost": None if hours is None or bill.price is None else hours * bill.price,
        "energy_kwh": None if hours is None or bill.watts is None else hours * bill.watts / JOULES,
    }
