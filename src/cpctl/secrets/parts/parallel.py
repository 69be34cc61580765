"""All sources at once, so that five slow ones take as long as the slowest of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from math import ceil
from threading import Thread
from typing import Final

WIDTH: Final = 8
"""So many at a time: each may be a program of its own."""


def side_by_side(work: Sequence[Callable[[], None]], *, seconds: float) -> None:
    """Until all of it is done, or each has had its time; what hangs then is left behind.

    It runs in other threads than the one that waits: that one is free for Ctrl-C. They do not keep
    the process alive.
    """
    waiting = deque(work)
    width = min(WIDTH, len(waiting))
    deadline = time.monotonic() + seconds * ceil(len(waiting) / WIDTH)
    threads = [Thread(target=_work, args=(waiting,), daemon=True) for _ in range(width)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    waiting.clear()


def _work(waiting: deque[Callable[[], None]]) -> None:
    while True:
        try:
            task = waiting.popleft()
        except IndexError:
            return
        task()
