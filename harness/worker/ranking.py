"""Ways of ranking candidates by their vectors: cosine, the ratio margin, centring and local scaling."""

import torch
from torch import Tensor

from harness.worker.search import Ranked, Share, neighbours
from harness.worker.session import Session

MARGIN_NEIGHBOURS = 4  # of XTREME's utils_retrieve.py and of Artetxe and Schwenk (2019)
SCALING_NEIGHBOURS = 10  # of Conneau et al. (2018)


def unit(share: Share) -> Share:
    """The vectors at unit length, so that inner products are cosines; in their place, since there may be many."""
    share.vectors.div_(torch.linalg.vector_norm(share.vectors, dim=-1, keepdim=True).clamp_min_(1e-12))
    return share


def centred(session: Session, share: Share) -> Share:
    """The vectors less their mean over all processes: what all texts of a side have in common tells none apart."""
    total = session.summed(share.vectors.sum(0, dtype=torch.float64).to(session.device))
    count = session.summed(torch.tensor(len(share.rows), device=session.device))
    return Share(share.rows, share.vectors - (total / count).float().cpu())


def margins(session: Session, queries: Share, candidates: Share) -> tuple[Ranked, Ranked]:
    """The neighbours of each query, and those of each candidate among the queries, by ratio margin, best first.

    The margin of a pair is its cosine over the mean of both sides' mean cosine with their own 4 nearest neighbours
    (Artetxe and Schwenk 2019). Vectors are of unit length.
    """
    forward = neighbours(session, queries, candidates, MARGIN_NEIGHBOURS)
    backward = neighbours(session, candidates, queries, MARGIN_NEIGHBOURS)
    near, far = _closeness(forward), _closeness(backward)
    return _by_margin(forward, near, far), _by_margin(backward, far, near)


def scaled(session: Session, queries: Share, candidates: Share, count: int) -> Ranked:
    """The best candidates by cross-domain similarity local scaling (CSLS, Conneau et al. 2018), with k = 10.

    It is twice the cosine less both sides' mean cosine with their own nearest neighbours: a candidate that is near to
    every query is a worse answer to each. Vectors are of unit length.
    """
    near = _closeness(neighbours(session, queries, candidates, SCALING_NEIGHBOURS))
    far = _closeness(neighbours(session, candidates, queries, SCALING_NEIGHBOURS))
    doubled = Share(queries.rows, 2 * queries.vectors)
    found = neighbours(session, doubled, candidates, count, far)
    return Ranked(found.rows, found.values - near[:, None].float())


def _closeness(found: Ranked) -> Tensor:
    """The mean cosine of each vector with its neighbours."""
    return found.values.double().mean(1)


def _by_margin(found: Ranked, own: Tensor, other: Tensor) -> Ranked:
    margin = found.values / ((own[:, None] + other[found.rows]) / 2)
    order = margin.sort(descending=True, stable=True)  # of equal margins the nearer comes first, as in XTREME's argmax
    return Ranked(found.rows.gather(1, order.indices), order.values)
