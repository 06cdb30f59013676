"""Exact search: every block size, number of processes and tie gives what a full sort gives; and ways of ranking."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.worker import ranking, search
from harness.worker.search import NO_HIT, Ranked, Share, nearest, neighbours, ranked
from harness.worker.session import Session
from tests.unit.worker.threads import on_processes

Floats = NDArray[np.float64]
PROCESSES = (1, 2, 3)


def _whole(vectors: Tensor) -> Share:
    return Share(torch.arange(len(vectors)), vectors)


def _share(vectors: Tensor, session: Session) -> Share:
    """Rows dealt like cards, so that the first process has none of the last."""
    rows = torch.arange(session.rank, len(vectors), session.world_size)
    return Share(rows, vectors[rows].clone())


def _full_sort(values: Floats, count: int) -> NDArray[np.int64]:
    return np.argsort(-values, axis=1, kind="stable")[:, :count]


def _many_ties(count: int, seed: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(-1, 2, (count, 3)).astype(np.float32))


def _unit(count: int, seed: int, hidden: int = 8) -> Tensor:
    drawn = torch.randn((count, hidden), generator=torch.Generator().manual_seed(seed)) + 0.5
    return drawn / drawn.norm(dim=1, keepdim=True)


@pytest.mark.parametrize("count", [1, 5, 40, 90])
@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_blocks_find_what_a_full_sort_finds_and_ties_go_to_the_earlier_row(block: int, count: int) -> None:
    queries, candidates = _many_ties(30, 0), _many_ties(90, 1)
    found = ranked(nearest(queries, _whole(candidates), count, block=block))
    values = (queries @ candidates.T).numpy()
    expected = _full_sort(values, count)
    assert found.rows.tolist() == expected.tolist()
    assert found.values.tolist() == np.take_along_axis(values, expected, 1).tolist()


@pytest.mark.parametrize("block", [5, 200])
def test_a_copy_of_a_vector_ties_with_it_wherever_it_lies(block: int) -> None:
    """Matrix products of other shapes may differ in their last bits; what is kept must not."""
    queries, once = _unit(20, 2, hidden=300), _unit(50, 3, hidden=300)
    copies = torch.cat([once, once, once])
    found = ranked(nearest(queries, _whole(copies), 6, block=block))
    best = _full_sort((queries.double() @ once.double().T).numpy(), 2)
    assert found.rows.tolist() == [[a, a + 50, a + 100, b, b + 50, b + 100] for a, b in best.tolist()]


def test_a_penalty_is_taken_off() -> None:
    queries, candidates, penalty = (
        _unit(20, 4),
        _unit(60, 5),
        torch.rand(60, generator=torch.Generator().manual_seed(6)),
    )
    found = ranked(nearest(queries, _whole(candidates), 7, penalty, block=11))
    values = (queries @ candidates.T - penalty).double().numpy()
    assert found.rows.tolist() == _full_sort(values, 7).tolist()
    assert found.values.numpy() == pytest.approx(np.take_along_axis(values, found.rows.numpy(), 1), abs=1e-6)


def test_values_and_rows_come_back_in_their_order() -> None:
    values = torch.tensor([[-2.5, 0.0, -0.0, 1e-30, 3.5, -1e-30]])
    hits = search._hits(values, torch.tensor([5, 4, 3, 2, 1, 0]))
    found = ranked(hits.sort(descending=True).values)
    assert found.rows.tolist() == [[1, 2, 3, 4, 0, 5]]
    assert found.values.tolist() == [[3.5, pytest.approx(1e-30), 0.0, 0.0, pytest.approx(-1e-30), -2.5]]


def test_a_share_without_candidates_gives_no_hit() -> None:
    nothing = Share(torch.empty(0, dtype=torch.int64), torch.empty((0, 3)))
    assert (nearest(_many_ties(4, 0), nothing, 2) == NO_HIT).all()


@pytest.mark.parametrize("processes", [*PROCESSES, 12])
def test_processes_find_the_same_as_one(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "QUERIES", 4)
    queries, candidates = _many_ties(25, 7), _many_ties(11, 8)  # fewer candidates than processes, at last
    penalty = torch.arange(11) % 3 / 4

    def find(session: Session) -> list[list[int]]:
        found = neighbours(session, _share(queries, session), _share(candidates, session), 20, penalty)
        assert found.values.shape == (25, 11)
        return found.rows.tolist()  # type: ignore[no-any-return]

    expected = _full_sort((queries @ candidates.T - penalty).numpy(), 20).tolist()
    assert on_processes(processes, find) == [expected] * processes


def _plain_margin(x: Floats, y: Floats, k: int = 4) -> Floats:
    """Artetxe and Schwenk (2019), equation 2 with the ratio, for every pair."""
    cosine = x @ y.T
    forward = np.sort(cosine, axis=1)[:, -k:].mean(1)
    backward = np.sort(cosine, axis=0)[-k:].mean(0)
    return cosine / ((forward[:, None] + backward[None, :]) / 2)  # type: ignore[no-any-return]


def _plain_csls(x: Floats, y: Floats, k: int = 10) -> Floats:
    """Conneau et al. (2018), equation 3, for every pair."""
    cosine = x @ y.T
    forward = np.sort(cosine, axis=1)[:, -k:].mean(1)
    backward = np.sort(cosine, axis=0)[-k:].mean(0)
    return 2 * cosine - forward[:, None] - backward[None, :]  # type: ignore[no-any-return]


@pytest.mark.parametrize("processes", PROCESSES)
def test_margins_are_those_of_each_ones_four_neighbours(processes: int) -> None:
    x, y = _unit(40, 9), _unit(70, 10)

    def mine(session: Session) -> tuple[Ranked, Ranked]:
        return ranking.margins(session, _share(x, session), _share(y, session))

    margin, cosine = _plain_margin(x.double().numpy(), y.double().numpy()), (x @ y.T).numpy()
    for forward, backward in on_processes(processes, mine):
        for found, plain, near in ((forward, margin, cosine), (backward, margin.T, cosine.T)):
            kept = np.take_along_axis(plain, _full_sort(near, 4), 1)
            assert found.values.numpy() == pytest.approx(-np.sort(-kept, axis=1), abs=1e-5)
            of_rows = np.take_along_axis(plain, found.rows.numpy(), 1)
            assert found.values.numpy() == pytest.approx(of_rows, abs=1e-5)
    assert forward.rows[:, 0].tolist() != _full_sort(cosine, 1)[:, 0].tolist()


@pytest.mark.parametrize("processes", PROCESSES)
def test_local_scaling_ranks_all_pairs(processes: int) -> None:
    x, y = _unit(40, 11), _unit(70, 12)

    def scale(session: Session) -> Ranked:
        return ranking.scaled(session, _share(x, session), _share(y, session), 3)

    plain = _plain_csls(x.double().numpy(), y.double().numpy())
    for found in on_processes(processes, scale):
        assert found.rows.tolist() == _full_sort(plain, 3).tolist()
        assert found.values.numpy() == pytest.approx(-np.sort(-plain, axis=1)[:, :3], abs=1e-5)
    assert found.rows[:, 0].tolist() != _full_sort((x @ y.T).numpy(), 1)[:, 0].tolist()


@pytest.mark.parametrize("processes", PROCESSES)
def test_centring_takes_off_the_mean_of_all_processes(processes: int) -> None:
    x = 3 * _unit(41, 13) + 7

    def centre(session: Session) -> Share:
        return ranking.unit(ranking.centred(session, _share(x, session)))

    plain = x.double() - x.double().mean(0)
    plain /= plain.norm(dim=1, keepdim=True)
    for share in on_processes(processes, centre):
        assert torch.allclose(share.vectors.double(), plain[share.rows], atol=1e-5)


def test_fewer_texts_than_neighbours_are_all_of_them() -> None:
    x = _unit(3, 14)
    (found,) = on_processes(1, lambda session: ranking.scaled(session, _share(x, session), _share(x, session), 5))
    assert sorted(found.rows[0].tolist()) == [0, 1, 2]
