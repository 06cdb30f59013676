"""Made-up batches of the longest sequences, of every format, are what the network trains on; rates are measured."""

from dataclasses import replace

import pytest
import torch

from harness.catalog import find
from harness.spec.model import Pretrained
from harness.spec.phase import Train
from harness.spec.recipe import Duration, Recipe, Window
from harness.spec.task import Data, Format
from harness.worker import rates
from harness.worker.format import collate
from harness.worker.longest import longest_batch
from harness.worker.network import Network, head_specs

MODEL = Pretrained("made/up", 40 * "0", replace(find.model("xlm_r/tiny").architecture, vocabulary=50))
RECIPE = Recipe(Duration("epochs"), 4, 1e-5, 1, window=Window(max_length=24), dropout=0.0)
SEQUENCES = {"choice": 16, "retrieval": 8}  # four choices; a query and a candidate


@pytest.mark.parametrize("format_", ["pair", "choice", "tagging", "span", "mlm", "retrieval"])
def test_every_format_has_one_that_trains(format_: Format) -> None:
    data = Data("made", 1, format_, "train", labels=("a", "b"))
    phase = Train(MODEL, (data,), RECIPE, "target")
    batch = longest_batch(data, phase)
    micro = collate("made", batch.features, padding=1)
    network = Network(MODEL.architecture, head_specs((data,), MODEL.architecture), 0.0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    loss = network(micro)
    loss.backward()
    assert tuple(micro.ids.shape) == (SEQUENCES.get(format_, 4), 24)
    assert (len(batch.features), batch.drawn) == ((1, 4) if format_ == "retrieval" else (4, 4))
    assert batch.weight > 0
    assert torch.isfinite(loss)


def test_pairs_of_a_batch_meet_as_the_recipe_says() -> None:
    data = Data("made", 1, "retrieval", "train")
    phase = Train(MODEL, (data,), replace(RECIPE, negatives=2), "target")
    assert [len(feature.sequences) for feature in longest_batch(data, phase).features] == [4, 4]


def test_sequences_are_no_longer_than_the_model_reads() -> None:
    data = Data("made", 1, "pair", "train", labels=("a", "b"))
    phase = Train(MODEL, (data,), replace(RECIPE, window=Window(max_length=4096)), "target")
    assert longest_batch(data, phase).filler.length == MODEL.architecture.max_positions


def test_rates_count_the_work_over_the_shortest_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([9.0, 0.5, 0.25, 3.0, 9.0, 2.0, 2.0, 2.0])
    monkeypatch.setattr(rates, "_timed", lambda work, device: next(times))
    monkeypatch.setattr(rates, "TRIES", 3)
    monkeypatch.setattr(rates, "SIZES", {"cpu": (4, 8)})
    assert rates.matmul(torch.device("cpu"), torch.float32) == 2 * 4**3 / 0.25  # the larger one would take too long


def test_memory_counts_what_is_read_and_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_timed", lambda work, device: 2.0)
    monkeypatch.setattr(rates, "NUMBERS", {"cpu": 10})
    assert rates.memory(torch.device("cpu")) == (2 * 40 / 2, 3 * 40 / 2)
