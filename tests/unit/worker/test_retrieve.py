"""Retrieval: predictions from the vectors of a network or of made-up layers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.plan.network import layers
from harness.spec.errors import HarnessError
from harness.spec.model import Pretrained
from harness.spec.phase import Evaluate
from harness.spec.recipe import Window
from harness.worker import retrieve
from harness.worker.coder import Coder
from harness.worker.data import global_batches
from harness.worker.format import Feature, MicroBatch, Reading, collate
from harness.worker.formats import retrieval
from harness.worker.library import Encoded
from harness.worker.network import Network, head_specs
from harness.worker.passes import Passes, Told, turns
from harness.worker.retrieve import Retrieval, Vectors
from harness.worker.session import Session
from tests.unit.worker.retrieval_rows import ARCHITECTURE, DATA, FORMAT, RECIPE, pairs, row
from tests.unit.worker.retrieval_rows import encoded as made
from tests.unit.worker.threads import on_processes


def _network() -> Network:
    network = Network(ARCHITECTURE, head_specs((DATA,), ARCHITECTURE), dropout=0.0)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "norm" in name.lower() and name.endswith("weight"):
                parameter.fill_(1.0)
            else:
                parameter.normal_(0, 0.08)
    return network


class _Bags(nn.Module):
    """Made-up layers: the sum of a random vector for each letter, bent more from layer to layer, and moved."""

    def __init__(self, views: int) -> None:
        super().__init__()
        self._views = views
        drawn = torch.Generator().manual_seed(0)
        self._letters = torch.randn((ARCHITECTURE.vocabulary, ARCHITECTURE.hidden), generator=drawn)

    def forward(self, batch: MicroBatch) -> Tensor:
        bags = (self._letters[batch.ids] * (batch.ids > 4)[:, :, None]).sum(1)  # without special tokens
        return torch.stack([bags.sign() * bags.abs() ** power + 0.3 * power for power in range(1, self._views + 1)])


def _asked(encoded: Encoded, pool: Encoded | None = None, layer: int | None = 1) -> Evaluate:
    return Evaluate(Pretrained("made/up", "0" * 40, ARCHITECTURE), encoded.data, layer=layer, pool=pool and pool.data)


@dataclass(frozen=True)
class _Work:
    session: Session

    def micro_batch(self, task: str, features: tuple[Feature, ...], padding: int, weight: float) -> MicroBatch:
        return collate(task, features, padding, weight)

    def doing(self, what: str, steady: bool = False) -> None:
        assert what.startswith(("evaluating ", "putting the answers of "))

    def tell(self, event: str, **fields: Any) -> None:
        assert fields["done"] <= fields["total"]


def _told(phase: Evaluate, encoded: Encoded, pool: Encoded | None, engine: nn.Module, processes: int = 1) -> list[Told]:
    def tell(session: Session) -> list[Told]:
        way, work = Retrieval(phase, encoded, pool, token_budget=32), _Work(session)
        passes = Passes(engine, phase, 1, work, turns(way.reads, work))  # type: ignore[arg-type]
        with torch.no_grad():
            return list(way.told(passes))

    first, *others = on_processes(processes, tell)
    assert others == [[]] * (processes - 1)
    return first


@pytest.fixture(autouse=True)
def search(monkeypatch: pytest.MonkeyPatch) -> Any:
    """How the made-up task compares; it is in no catalogue."""
    task = SimpleNamespace(search="cosine")
    for module in (retrieve, layers):
        monkeypatch.setattr(module, "find", SimpleNamespace(task=lambda name: task))
    return task


TEXTS = ["abc", "bcde", "cad", "defg", "aeh", "hij", "jk", "ajkc", "lmn", "nop", "pqa", "abl"]
OTHERS = ["abcx", "bcdy", "cadz", "dfgx", "ehxx", "hijy", "jkyz", "ajkz", "lmnn", "nopx", "pqzz", "able"]


def _two_languages(coder: Coder) -> Encoded:
    rows = [("de", row(f"d{i}", query, told)) for i, (query, told) in enumerate(zip(TEXTS, OTHERS, strict=True))]
    more = [("fr", row(f"f{i}", query, told)) for i, (query, told) in enumerate(zip(OTHERS, TEXTS, strict=True))]
    return made([*rows, *more[:7]], coder)


def _vectors(texts: Sequence[str], coder: Coder, view: int, views: int = 3) -> Tensor:
    features = [Feature(0, coder.single(piece.ids), *[np.zeros(1, dtype=int)] * 2) for piece in coder.pieces(texts)]
    vectors: Tensor = _Bags(views)(collate("t", features, 1))[view].double()
    return vectors


def _cosines(queries: Tensor, candidates: Tensor) -> Any:
    return (functional.normalize(queries, dim=1) @ functional.normalize(candidates, dim=1).T).numpy()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Several would wait for each other longer than they work on networks as small as here."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("one_thread")
def test_pairs_are_learnt_and_new_ones_ranked(coder: Coder) -> None:
    torch.manual_seed(0)
    rows = pairs(140)
    encoded, unseen = made(rows[:100], coder), made(rows[100:], coder)
    network = _network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    losses = []
    recipe = replace(RECIPE, batch_size=25, negatives=None)
    for batch in islice(global_batches([encoded], recipe, coder), 80):
        loss = network(collate("pairs", batch.features, coder.padding)) / batch.weight
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert np.mean(losses[-10:]) < 0.1 * np.mean(losses[:3])
    (told,) = _told(replace(_asked(unseen), layer=None), unseen, None, Vectors(network.eval(), network.layers))
    right = [ranked[0][0] == name for name, ranked in told.predictions.items()]
    assert len(right) == 40
    assert np.mean(right) > 0.6


def test_each_language_is_searched_by_itself_and_every_layer_is_kept(coder: Coder) -> None:
    encoded = _two_languages(coder)
    told = _told(_asked(encoded), encoded, None, _Bags(3))
    assert {t.variant for t in told} == {
        None,
        "layer_00",
        "layer_01",
        "layer_02",
        "centred",
        "csls",
        "centred_csls",
    }
    headline = next(t for t in told if (t.variant, t.language) == (None, "de")).predictions
    assert list(headline) == [f"d{i}" for i in range(12)]
    for i, found in enumerate(_cosines(_vectors(TEXTS, coder, 1), _vectors(OTHERS, coder, 1))):
        order = np.argsort(-found, kind="stable")
        assert [name for name, _ in headline[f"d{i}"]] == [f"d{other}" for other in order]
        assert [value for _, value in headline[f"d{i}"]] == pytest.approx(found[order], abs=2e-6)
    for view in range(3):
        (layer,) = (t.predictions for t in told if (t.variant, t.language) == (f"layer_{view:02d}", "fr"))
        cosines = _cosines(_vectors(OTHERS[:7], coder, view), _vectors(TEXTS[:7], coder, view))
        assert [[name for name, _ in layer[f"f{i}"]] for i in range(7)] == [[f"f{o}"] for o in cosines.argmax(1)]


def test_centring_and_scaling_answer_at_the_layer_of_the_headline(coder: Coder) -> None:
    encoded = _two_languages(coder)
    told = {t.variant: t.predictions for t in _told(_asked(encoded), encoded, None, _Bags(3)) if t.language == "de"}
    queries, candidates = _vectors(TEXTS, coder, 1), _vectors(OTHERS, coder, 1)
    plain = _cosines(queries, candidates)
    central = _cosines(queries - queries.mean(0), candidates - candidates.mean(0))
    for variant, values in (("centred", central), ("csls", _csls(plain)), ("centred_csls", _csls(central))):
        assert [told[variant][f"d{i}"][0][0] for i in range(12)] == [f"d{o}" for o in values.argmax(1)]
        assert [told[variant][f"d{i}"][0][1] for i in range(12)] == pytest.approx(values.max(1), abs=2e-6)
    assert len({str(list(told[variant].values())) for variant in (None, "centred", "csls", "centred_csls")}) == 4


def _csls(cosines: Any) -> Any:
    forward, backward = np.sort(cosines, axis=1)[:, -10:].mean(1), np.sort(cosines, axis=0)[-10:].mean(0)
    return 2 * cosines - forward[:, None] - backward


@pytest.mark.parametrize("processes", [2, 3])
@pytest.mark.parametrize("kind", ["cosine", "margin", "pool"])
def test_processes_predict_what_one_does(coder: Coder, kind: str, processes: int, search: Any) -> None:
    encoded = _two_languages(coder)
    pool = encoded if kind == "pool" else None
    search.search = "margin" if kind == "margin" else "cosine"
    engine = _Bags(3 if kind == "cosine" else 1)
    phase = _asked(encoded, pool)
    assert _told(phase, encoded, pool, engine, processes) == _told(phase, encoded, pool, engine)


def test_a_pool_holds_the_candidates_of_all_languages(coder: Coder) -> None:
    asked = made([("de", row("q0", "abc", None)), ("fr", row("q1", "jk", None)), ("de", row("q2", "lmn", None))], coder)
    pool = made(
        [("fr", row("c0", None, "jkj")), ("de", row("c1", None, "abcb")), ("ja", row("c2", "abc", "lmno"))], coder
    )
    told = {t.language: t.predictions for t in _told(_asked(asked, pool), asked, pool, _Bags(1))}
    assert {name: ranked[0][0] for name, ranked in (told["de"] | told["fr"]).items()} == {
        "q0": "c1",
        "q1": "c0",
        "q2": "c2",
    }
    assert list(told["de"]) == ["q0", "q2"]
    assert all(len(ranked) == 3 for ranked in told["de"].values())


def test_a_margin_is_told_for_both_sides_and_a_repeated_text_answers_once(coder: Coder, search: Any) -> None:
    search.search = "margin"
    queries = [row(f"de-{i}", text, None) for i, text in enumerate([*TEXTS, TEXTS[0]])]
    candidates = [row(f"en-{i}", None, text) for i, text in enumerate(OTHERS)]
    encoded = made([("de", row) for row in (*queries, *candidates)], coder)
    (told,) = _told(_asked(encoded), encoded, None, _Bags(1))
    assert list(told.predictions) == [row.id for row in (*queries, *candidates)]
    assert told.predictions["de-12"] == []
    cosines = _cosines(_vectors(TEXTS, coder, 0, 1), _vectors(OTHERS, coder, 0, 1))
    forward, backward = np.sort(cosines, axis=1)[:, -4:].mean(1), np.sort(cosines, axis=0)[-4:].mean(0)
    margins = cosines / ((forward[:, None] + backward) / 2)
    for i in range(12):
        near = np.argsort(-cosines[i], kind="stable")[:4]
        best = near[np.argsort(-margins[i, near], kind="stable")]
        assert [name for name, _ in told.predictions[f"de-{i}"]] == [f"en-{o}" for o in best]
        assert [value for _, value in told.predictions[f"de-{i}"]] == pytest.approx(margins[i, best], abs=1e-6)
        assert {name for name, _ in told.predictions[f"en-{i}"]} <= {f"de-{o}" for o in range(12)}
        assert len(told.predictions[f"en-{i}"]) == 4


@pytest.mark.parametrize("processes", [1, 2])
def test_copies_of_a_text_are_read_once_and_the_earlier_row_comes_first(coder: Coder, processes: int) -> None:
    class Noisy(_Bags):
        """Every sequence that is read differs a little from all before it, as in other batches."""

        read = 0

        def forward(self, batch: MicroBatch) -> Tensor:
            Noisy.read += len(batch.ids)
            return super().forward(batch) * (1 + 1e-4 * torch.rand((len(batch.ids), ARCHITECTURE.hidden)))

    texts = ["abc", "de", "abc", "f", "de", "abc", "g"]
    encoded = made([("de", row(str(i), text, text)) for i, text in enumerate(texts)], coder)
    told = _told(_asked(encoded), encoded, None, Noisy(3), processes)
    assert Noisy.read <= 2 * (len(set(texts)) + 1)  # one filler a side at most
    for variant in told:
        if variant.variant not in ("csls", "centred_csls"):
            assert [variant.predictions[str(i)][0][0] for i in range(7)] == ["0", "1", "0", "3", "1", "0", "6"]
    headline = next(t.predictions for t in told if t.variant is None)
    assert [name for name, _ in headline["5"][:3]] == ["0", "2", "5"]


def test_a_language_without_candidates_is_named(coder: Coder) -> None:
    encoded = made([("de", row("0", "a", "b")), ("fr", row("1", "a", None))], coder)
    with pytest.raises(HarnessError, match="task 'pairs', split train, fr: no row has a candidate"):
        _told(_asked(encoded), encoded, None, _Bags(3))


def test_vectors_that_are_not_finite_are_refused(coder: Coder) -> None:
    class Broken(nn.Module):
        def forward(self, batch: MicroBatch) -> Tensor:
            return torch.full((3, len(batch.ids), ARCHITECTURE.hidden), torch.nan)

    encoded = _two_languages(coder)
    with pytest.raises(HarnessError, match="vectors that are not finite"):
        _told(_asked(encoded), encoded, None, Broken())


def test_only_the_layers_that_are_needed_are_run(coder: Coder, search: Any) -> None:
    encoded = _two_languages(coder)
    assert Retrieval(_asked(encoded), encoded, None, 32).architecture.layers == 2
    assert Retrieval(_asked(encoded, encoded), encoded, encoded, 32).architecture.layers == 1
    search.search = "margin"
    assert Retrieval(_asked(encoded), encoded, None, 32).architecture.layers == 1


def test_a_middle_layer_is_what_a_shorter_model_gives(coder: Coder) -> None:
    network = _network().eval()
    network.heads = nn.ModuleDict()
    shorter = Network(replace(ARCHITECTURE, layers=1), {}, dropout=0.0).eval()
    shorter.load_state_dict(network.state_dict(), strict=False)
    features = FORMAT.encode([row for _, row in pairs(4)], Reading(coder, Window(), ()))
    batch = collate("pairs", features, coder.padding)
    with torch.no_grad():
        every, last = Vectors(network, network.layers)(batch), retrieval.mean(shorter.within(batch), batch.mask)
    assert every.shape == (3, 8, ARCHITECTURE.hidden)
    assert torch.allclose(every[1], last, atol=1e-6)
