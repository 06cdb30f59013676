"""Who is said to hang, by what processes said of themselves."""

import json
import threading
from dataclasses import asdict, replace
from unittest.mock import MagicMock

import pytest
from torch.distributed import HashStore

from harness.worker import beats, watchdog
from harness.worker.beats import UNHEARD, Beat, Messages, hung, sentence
from harness.worker.doing import Doing
from harness.worker.watchdog import Watchdog

WAITING = Beat(10, 7, "step 7", True, 9.0, "one", 1)
BUSY = replace(WAITING, waits=False)


class Cloned:
    """A store with the connections of one that is reached over a network."""

    def __init__(self, store: HashStore) -> None:
        self._store = store

    def clone(self) -> HashStore:
        return self._store


def later(said: dict[int, Beat], *stopped: int) -> dict[int, Beat]:
    return {rank: beat if rank in stopped else replace(beat, number=beat.number + 4) for rank, beat in said.items()}


@pytest.mark.parametrize(
    ("said", "stopped", "expected"),
    [
        ({0: WAITING, 1: WAITING, 2: WAITING}, [2], {2}),  # a process that does not live holds all up
        ({0: WAITING, 1: WAITING, 2: WAITING}, [1, 2], {1, 2}),
        ({0: WAITING, 1: BUSY}, [], {1}),  # one computes without end
        ({0: WAITING, 1: replace(BUSY, count=9), 2: replace(BUSY, count=6)}, [], {2}),
        ({0: WAITING, 1: replace(WAITING, count=6)}, [], {1}),  # one never came to where the others wait
        ({0: WAITING, 1: WAITING}, [], set()),  # all wait: the network
        ({0: BUSY}, [], {0}),
    ],
)
def test_who_hangs(said: dict[int, Beat], stopped: list[int], expected: set[int]) -> None:
    assert set(hung(said, later(said, *stopped), 0)) == expected


def test_only_waiting_counts_and_not_what_was_done_before(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(watchdog.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(watchdog, "Messages", MagicMock())
    watched = Watchdog(Doing(), 0, 2, 600.0)
    waited = []
    for seconds, beat in ((1000.0, BUSY), (1005.0, WAITING), (1010.0, WAITING), (1015.0, replace(WAITING, count=8))):
        clock[0] = seconds
        waited.append(watched._waited(beat))
    assert waited == [0.0, 5.0, 10.0, 0.0]


def test_a_process_that_has_gone_on_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    doing, messages = Doing(), MagicMock()
    monkeypatch.setattr(watchdog, "Messages", messages)
    monkeypatch.setattr(watchdog.time, "sleep", lambda seconds: doing.goes_on())
    Watchdog(doing, 0, 2, 600.0)._end(replace(BUSY, count=doing.count))
    monkeypatch.setattr(watchdog.time, "sleep", lambda seconds: None)
    Watchdog(doing, 0, 2, 600.0)._end(replace(WAITING, count=doing.count))  # what it waited for has come
    assert not messages().hanging.called


def test_a_store_that_does_not_answer_hangs_with_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beats.dist.distributed_c10d, "_get_default_store", MagicMock())
    asked = Messages(1, 2, period=0.01)
    asked._host = BUSY
    assert asked.hanging() == (True, {0: BUSY})


def test_what_is_said_in_a_store_tells_who_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    store, stop = HashStore(), threading.Event()
    monkeypatch.setattr(beats.dist.distributed_c10d, "_get_default_store", lambda: Cloned(store))
    mine = Messages(0, 2, 0.02)
    mine.mine = WAITING
    thread = threading.Thread(target=mine.exchange, args=(stop,), daemon=True)
    thread.start()
    store.set("harness/beat/1", json.dumps(asdict(BUSY)))  # once, and never again
    first, hanging = mine.hanging()
    stop.set()
    thread.join()
    assert first
    assert hanging == {1: BUSY}


def test_one_that_was_never_heard_of_does_not_live() -> None:
    said = {0: WAITING, 1: UNHEARD}
    assert hung(said, later(said, 1), 0) == {1: UNHEARD}


def test_the_sentence_names_rank_process_host_and_work() -> None:
    said = sentence({3: replace(BUSY, what="a1b2-evaluate-panx, evaluating panx (sw)", host="node7", pid=42)}, WAITING)
    assert said == (
        "rank 3 (process 42 on node7) hangs, last heard of in a1b2-evaluate-panx, evaluating panx (sw); "
        "this process is since 9 s in step 7"
    )
    assert "a link that hangs?" in sentence({}, WAITING)
