"""Parameters and FLOPs of every catalogue model, ours beside those of transformers' network by torch's own counter.

    python -m benchmarks.flops [MODEL ...]

One sequence of 512 tokens. `model` are our model FLOPs per token forward, of the pairs that may attend; `hardware` are
those of every pair, and `counter` is what FlopCounterMode sees of the network, which masks nothing away. The ratio is
ours / the counter's, forward, and forward with backward.
"""

import argparse
import warnings

import torch
from rich.console import Console
from rich.table import Table
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from transformers import PreTrainedModel

from harness.catalog import find
from harness.plan.network.flops import READING, TRAINING, Batch, Pass, batch_cost
from harness.plan.network.size import size
from harness.spec.model import Architecture
from harness.spec.record import Cost
from harness.worker.encoder import build_encoder

TOKENS = 512
COLUMNS = ("model", "parameters", "transformers", "active", "model/token", "hardware/token", "counter/token", "ratios")


def main() -> None:
    """Print a row for each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=find.model_names())
    warnings.filterwarnings("ignore")
    table = Table(*COLUMNS, title=f"parameters, and GFLOP per token forward at length {TOKENS}")
    for name in parser.parse_args().models:
        table.add_row(name, *row(find.model(name).architecture))
    Console(width=150).print(table)


def row(architecture: Architecture) -> tuple[str, ...]:
    """What the table says of one model."""
    encoder, ours = on_meta(architecture), size(architecture)
    theirs = sum(parameter.numel() for parameter in encoder.parameters())
    reading, training = (counted(encoder, architecture, through) for through in (READING, TRAINING))
    cost = cost_of(architecture, READING)
    ratios = (cost.hardware / reading, cost_of(architecture, TRAINING).hardware / training)
    return (
        f"{ours.parameters:,}",
        "equal" if theirs == ours.parameters else f"{theirs:,}",
        f"{ours.active:,}" if architecture.experts else "",
        *(f"{flops / TOKENS / 1e9:,.4f}" for flops in (cost.model, cost.hardware, reading)),
        " ".join(f"{ratio:.4f}" for ratio in ratios),
    )


def on_meta(architecture: Architecture) -> PreTrainedModel:
    """The encoder without memory.

    Its experts multiply by bmm: the counter knows no grouped products, and a loop over experts asks for data.
    """
    with torch.device("meta"):
        encoder = build_encoder(architecture, dropout=0.0)
    if architecture.experts:
        encoder.set_experts_implementation("batched_mm")
    return encoder


def cost_of(architecture: Architecture, through: Pass) -> Cost:
    """The cost of the one sequence, without a head."""
    return batch_cost(architecture, {}, Batch(1, (TOKENS,), TOKENS, None, 0, 0), through)


def counted(encoder: PreTrainedModel, architecture: Architecture, through: Pass) -> int:
    """FLOPs of the one sequence by torch's counter, which does not know every fused attention: by the math backend."""
    ids = torch.zeros(1, TOKENS, dtype=torch.long, device="meta")
    # A mask ready made, because transformers looks into data to make one; BLOOM makes its biases of positions with it.
    mask = None if architecture.family == "bloom" else torch.zeros(1, 1, TOKENS, TOKENS, device="meta")
    counter = FlopCounterMode(display=False)
    with sdpa_kernel(SDPBackend.MATH), counter, torch.set_grad_enabled(through.training):
        states = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        if through.training:
            states.sum().backward()
    return counter.get_total_flops()


if __name__ == "__main__":
    main()
