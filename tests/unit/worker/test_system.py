"""Samples of a host: what is known is told, what is not is left out, and nothing that goes wrong reaches the phase."""

import ctypes
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.files.journal import Journal
from harness.spec.errors import HarnessError
from harness.worker.nvml import Devices, Reading
from harness.worker.system import Sampler, sampled


class Played:
    """NVML with devices called a and b; `lacks` names functions that it does not have or that fail."""

    def __init__(self, absent: str = "", failing: str = "") -> None:
        self._absent, self._failing = absent, failing
        self.millijoules = 5_000_000

    def __getattr__(self, name: str) -> Callable[..., int]:
        if name == self._absent or not name.startswith("nvml"):
            raise AttributeError(name)
        return lambda *of: 3 if name == self._failing else self._answer(name, *of)

    def _answer(self, name: str, *of: Any) -> int:
        match name.removeprefix("nvmlDeviceGet"), of:
            case "HandleByUUID", (uuid, handle):
                if uuid not in (b"GPU-a", b"GPU-b"):
                    return 6
                handle._obj.value = 1 if uuid == b"GPU-a" else 2
            case "UtilizationRates", (device, answer):
                answer._obj.device = 40 * device.value
            case "MemoryInfo", (device, answer):
                answer._obj.used = 2**33 * device.value
            case "PowerUsage", (device, answer):
                answer._obj.value = 150_500 * device.value
            case "TotalEnergyConsumption", (_, answer):
                answer._obj.value = self.millijoules
        return 0


BOTH = ("GPU-a", "GPU-b")


def test_use_is_a_mean_over_devices_and_the_rest_are_sums() -> None:
    assert Devices(BOTH, Played()).read() == Reading(60.0, 3 * 2**33, 451.5, 10_000.0)


@pytest.mark.parametrize(
    ("uuids", "library", "known"),
    [
        (("GPU-a", "GPU-c"), Played(), Reading()),
        ((), None, Reading()),
        (BOTH, Played(failing="nvmlInit_v2"), Reading()),
        (BOTH, Played(absent="nvmlInit_v2"), Reading()),
        (BOTH, Played(absent="nvmlDeviceGetTotalEnergyConsumption"), Reading(60.0, 3 * 2**33, 451.5, None)),
        (BOTH, Played(failing="nvmlDeviceGetUtilizationRates"), Reading(None, 3 * 2**33, 451.5, 10_000.0)),
    ],
)
def test_what_one_device_does_not_tell_is_not_known(uuids: tuple[str, ...], library: Any, known: Reading) -> None:
    assert Devices(uuids, library).read() == known


def test_without_a_driver_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert Devices(BOTH).read() == Reading()


class Series:
    """Devices that tell the next of `readings` each time, then the last again."""

    def __init__(self, *readings: Reading) -> None:
        self._left = list(readings)

    def read(self) -> Reading:
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


def run(sampler: Sampler, samples: Callable[[], int], wanted: int) -> None:
    """Until it has taken so many, and the last one."""
    sampler.start()
    deadline = time.monotonic() + 30
    while samples() < wanted and time.monotonic() < deadline:
        time.sleep(0.005)
    sampler.stop()
    assert samples() > wanted


def test_the_journal_has_samples_from_the_start_to_the_end_beside_the_steps(tmp_path: Path) -> None:
    """Two threads write into one journal, and no line is torn."""
    with Journal(tmp_path / "journal.jsonl") as journal:
        told: list[int] = []

        def tell(known: dict[str, Any]) -> None:
            journal.append("system", step=journal.step, **known)
            told.append(1)

        sampler = Sampler(tell, Devices(BOTH, Played()), period=0.0005)
        sampler.start()
        for step in range(2000):
            journal.append("step", step=step, loss=1.0)
        run_on = time.monotonic() + 30
        while len(told) < 20 and time.monotonic() < run_on:
            time.sleep(0.005)
        sampler.stop()
        journal.append("end")
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if line["event"] == "step"] == list(range(2000))
    first, *_, last = samples = [line for line in lines if line["event"] == "system"]
    assert len(samples) == len(told) >= 20
    assert "cpu_percent" not in first, "there is nothing before it to hold it against"
    assert {"cpu_percent", "memory_bytes", "process_memory_bytes"} < last.keys()
    assert 0 < last["process_memory_bytes"] < last["memory_bytes"]
    assert (last["step"], last["accelerator_percent"], last["accelerator_watts"]) == (1999, 60.0, 451.5)
    assert lines[-1]["event"] == "end"


def test_what_no_device_tells_is_left_out() -> None:
    told: list[dict[str, Any]] = []
    sampler = Sampler(told.append, Devices(()), period=0.001)
    run(sampler, lambda: len(told), 3)
    assert not any(name.startswith("accelerator") for known in told for name in known)
    assert math.isnan(sampler.joules)


def test_energy_is_what_the_counters_say() -> None:
    told: list[dict[str, Any]] = []
    readings = Series(Reading(joules=70.0, watts=1e9), Reading(joules=90.0, watts=1e9), Reading(joules=95.5, watts=1e9))
    sampler = Sampler(told.append, readings, period=0.001)
    run(sampler, lambda: len(told), 3)
    assert sampler.joules == 25.5


def test_without_counters_it_is_power_over_time() -> None:
    told: list[float] = []
    sampler = Sampler(lambda known: told.append(time.monotonic()), Series(Reading(watts=200.0)), period=0.01)
    run(sampler, lambda: len(told), 20)
    assert sampler.joules == pytest.approx(200.0 * (told[-1] - told[0]), rel=0.05)


def test_a_power_that_was_not_told_in_between_makes_it_unknown() -> None:
    told: list[dict[str, Any]] = []
    sampler = Sampler(told.append, Series(Reading(watts=1.0), Reading(), Reading(watts=1.0)), period=0.001)
    run(sampler, lambda: len(told), 4)
    assert math.isnan(sampler.joules)


def test_what_goes_wrong_ends_the_samples_alone_and_is_said_once(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(known: dict[str, Any]) -> None:
        raise HarnessError("the disk is full")

    sampler = Sampler(fail, Devices(()), period=0.001)
    sampler.start()
    time.sleep(0.05)
    sampler.stop()
    assert math.isnan(sampler.joules)
    said = capfd.readouterr().err
    assert said == "harness: notice: no more samples of this host in this phase: HarnessError: the disk is full\n"


def test_a_host_without_another_thread_has_no_samples_and_its_phase_goes_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    session = SimpleNamespace(leads=True, device=SimpleNamespace(type="cpu"))
    with sampled(SimpleNamespace(session=session)) as joules:  # type: ignore[arg-type]
        pass
    assert math.isnan(joules())
    assert "no more samples of this host in this phase: RuntimeError: can't start" in capfd.readouterr().err


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    released = threading.Event()
    yield released
    released.set()


def test_a_driver_that_hangs_holds_nobody_up_and_writes_nowhere_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    """A thread that comes back late finds the journal closed, and not what another file got its number."""

    class Hangs:
        def read(self) -> Reading:
            hanging.wait()
            return Reading()

    monkeypatch.setattr("harness.worker.system.PATIENCE", 0.1)
    with Journal(tmp_path / "journal.jsonl") as journal:
        sampler = Sampler(lambda known: journal.append("system", **known), Hangs())
        sampler.start()
        sampler.stop()
    assert math.isnan(sampler.joules)
    with (tmp_path / "another").open("wb"):
        hanging.set()
        sampler._thread.join(30)
        with pytest.raises(HarnessError, match="could not be written"):
            journal.sync()
    assert (tmp_path / "another").read_bytes() == b""
    assert (tmp_path / "journal.jsonl").read_bytes() == b""
