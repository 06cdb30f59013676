"""Notice to end: at once where nothing can be kept, after the step where a checkpoint can be taken."""

import os
import signal

import pytest

from harness.worker.notice import Interrupted, Notice


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_it_interrupts_at_once(number: signal.Signals) -> None:
    notice = Notice()
    with pytest.raises(Interrupted, match=f"asked to end by {number.name}"), notice.heeded():
        os.kill(os.getpid(), number)
    assert notice.given


def test_at_a_step_it_is_only_noted_until_the_next_phase() -> None:
    notice = Notice()
    with notice.heeded():
        notice.only_noted()
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert notice.given
    notice = Notice()
    with pytest.raises(Interrupted), notice.heeded():
        notice.only_noted()
        notice.at_once()
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_second_one_does_not_interrupt_what_is_put_in_order() -> None:
    notice = Notice()
    with notice.heeded():
        with pytest.raises(Interrupted):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
    assert notice.given


def test_handlers_are_those_of_before_at_the_end() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with Notice().heeded():
        assert signal.getsignal(signal.SIGUSR1) != before
    assert signal.getsignal(signal.SIGUSR1) == before


def test_what_other_code_made_of_it_is_still_an_interruption() -> None:
    notice = Notice()
    with pytest.raises(Interrupted), notice.heeded(), notice.undisguised():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except Interrupted as error:
            raise ValueError("could not determine the shape of object type 'UntypedStorage'") from error
    with pytest.raises(ValueError, match="its own"), Notice().undisguised():
        raise ValueError("its own")
