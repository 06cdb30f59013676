"""Exact search by inner product: candidates in blocks, on one process or shared out over several.

A hit is one integer whose order is that of (value, earlier row), so that ties are broken by row, whatever the blocks.
Matrix products of other shapes differ in their last bits: what is found is compared anew, in float64.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from harness.worker.session import Session

QUERIES, CANDIDATES = 2048, 4096  # rows that are compared at once: some 100 MB on the device
COMPARED_ANEW = 256  # queries at once
SLACK = 8  # hits kept besides those asked for, until they have been compared anew
LAST_ROW = 2**32 - 1
NO_HIT = torch.iinfo(torch.int64).min


class Share(NamedTuple):
    """What one process has of some vectors: `vectors` [n, hidden] in fp32, and `rows` [n], their ascending numbers."""

    rows: Tensor
    vectors: Tensor


class Ranked(NamedTuple):
    """For each query, in order, the candidates found as `rows` [queries, found], best first, and their `values`."""

    rows: Tensor
    values: Tensor


def neighbours(
    session: Session, queries: Share, candidates: Share, count: int, penalty: Tensor | None = None
) -> Ranked:
    """The `count` nearest of all candidates to every query, or all where they are fewer; the same on every process.

    A candidate's value is its inner product with the query less its own `penalty` [all candidates]. Queries go round
    in blocks, each process searches the candidates that it has, and the hits are merged.
    """
    count = min(count, int(_sizes(session, candidates).sum()))
    sizes = _sizes(session, queries).tolist()
    found = torch.empty((sum(sizes), count), dtype=torch.int64)
    for source, size in enumerate(sizes):
        for begin in range(0, size, QUERIES):
            rows, vectors = _block(session, queries, source, range(begin, min(begin + QUERIES, size)))
            own = nearest(vectors, candidates, count, None if penalty is None else penalty[candidates.rows])
            found[rows] = session.stacked(own).movedim(0, 1).flatten(1).topk(count).values.cpu()
    return ranked(found)


def nearest(
    queries: Tensor, candidates: Share, count: int, penalty: Tensor | None = None, block: int = CANDIDATES
) -> Tensor:
    """Hits [queries, count] among the candidates of one share, best first, NO_HIT where they are fewer.

    `penalty` [n] is that of the candidates of the share; `block` of them are compared at once.
    """
    best = queries.new_empty((len(queries), 0), dtype=torch.int64)
    for begin in range(0, len(candidates.rows), block):
        values = queries @ candidates.vectors[begin : begin + block].to(queries.device).T
        if penalty is not None:
            values -= penalty[begin : begin + block].to(queries.device)
        best = _top(torch.cat([best, _best_of(values, begin, count + SLACK)], 1), count + SLACK)
    return _compared_anew(queries, candidates, ranked(best).rows, count, penalty)


def ranked(hits: Tensor) -> Ranked:
    """Rows and values of hits."""
    ordered = (hits >> 32).to(torch.int32)
    return Ranked(LAST_ROW - (hits & LAST_ROW), (ordered ^ ((ordered >> 31) & 0x7FFFFFFF)).view(torch.float32))


def _hits(values: Tensor, rows: Tensor) -> Tensor:
    """Integers in the order of `values`, and among equal ones of earlier `rows` first (IEEE 754 as sign, magnitude)."""
    bits = (values + 0.0).contiguous().view(torch.int32)  # -0.0 becomes 0.0
    ordered = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    return (ordered.to(torch.int64) << 32) | (LAST_ROW - rows)


def _best_of(values: Tensor, begin: int, count: int) -> Tensor:
    """The best hits of a block; `topk` takes any of equal values, so where one more ties they are taken by row."""
    count = min(count, values.shape[1])
    top = values.topk(min(count + 1, values.shape[1]))
    hits = _hits(top.values[:, :count], top.indices[:, :count] + begin)
    crowded = (top.values[:, count:] == top.values[:, count - 1 : count]).any(1).nonzero().flatten()
    if len(crowded):
        rows = torch.arange(begin, begin + values.shape[1], device=values.device)
        hits[crowded] = _hits(values[crowded], rows).topk(count).values
    return hits


def _compared_anew(queries: Tensor, candidates: Share, at: Tensor, count: int, penalty: Tensor | None) -> Tensor:
    """Hits by the global rows of candidates `at` [queries, found] places of the share, `count` of them."""
    hits = torch.full((len(queries), count), NO_HIT, dtype=torch.int64, device=queries.device)
    for begin in range(0, len(queries), COMPARED_ANEW):
        some = slice(begin, begin + COMPARED_ANEW)
        places = at[some].cpu()
        vectors = candidates.vectors[places].to(queries.device, torch.float64)
        values = torch.einsum("qch,qh->qc", vectors, queries[some].double())
        if penalty is not None:
            values -= penalty[places].to(queries.device)
        exact = _top(_hits(values.float(), candidates.rows[places].to(queries.device)), count)
        hits[some, : exact.shape[1]] = exact
    return hits


def _top(hits: Tensor, count: int) -> Tensor:
    return hits.topk(min(count, hits.shape[1])).values


def _sizes(session: Session, share: Share) -> Tensor:
    return session.stacked(torch.tensor(len(share.rows), device=session.device)).cpu()


def _block(session: Session, share: Share, source: int, places: range) -> tuple[Tensor, Tensor]:
    """Row numbers and, on the device, vectors at `places` of the share of the process `source`."""
    own = session.rank == source
    some = slice(places.start, places.stop)
    rows = share.rows[some] if own else torch.empty(len(places), dtype=torch.int64)
    vectors = share.vectors[some] if own else torch.empty((len(places), share.vectors.shape[1]))
    rows = session.shared(rows.to(session.device), source)
    return rows.cpu(), session.shared(vectors.to(session.device), source)
