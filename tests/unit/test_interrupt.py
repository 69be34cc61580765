"""A signal raises once, where it may; elsewhere it waits."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator

import pytest

from cpctl.interrupt import _State, checkpoint, exposed, install, shielded

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


@pytest.fixture(autouse=True)
def _ours() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    hook = sys.unraisablehook
    install()
    yield
    sys.unraisablehook = hook
    for number, handler in before.items():
        signal.signal(number, handler)
    _State.shielded = _State.pending = _State.raised = False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
def test_it_raises_at_once_where_nothing_shields(number: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_a_shielded_region_keeps_it_for_the_checkpoint() -> None:
    with shielded():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            checkpoint()
        checkpoint()


def test_an_exposed_region_takes_one_that_waits_and_one_that_comes() -> None:
    with shielded():
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt), exposed():
            raise AssertionError
    _State.pending = _State.raised = False
    with shielded(), pytest.raises(KeyboardInterrupt), exposed():
        signal.raise_signal(signal.SIGTERM)


def test_a_second_one_is_only_remembered() -> None:
    """Else it could break the undoing that the first one began, wherever that stands."""
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    checkpoint()


class Dying:
    """Gets the signal in its finalizer, where Python swallows what is raised."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_one_that_python_swallows_comes_again(capfd: pytest.CaptureFixture[str]) -> None:
    dying = Dying()
    del dying
    with pytest.raises(KeyboardInterrupt):
        time.sleep(5)
    assert capfd.readouterr().err == ""


def test_one_that_python_swallows_waits_for_the_checkpoint_where_it_is_shielded() -> None:
    dying = Dying()
    with shielded():
        with exposed():
            del dying
        time.sleep(0.05)
        with pytest.raises(KeyboardInterrupt):
            checkpoint()


def test_without_a_signal_nothing_happens() -> None:
    with shielded(), exposed():
        checkpoint()
