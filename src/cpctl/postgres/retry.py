"""Before the first write, and only there: what a moment's patience mends is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from cpctl.errors import CpctlError
from cpctl.postgres.wire import ConnectionLost, Silent
from cpctl.postgres.words import Passing

PAUSES = (0.5, 2.0)
"""Seconds before the second and the third try."""

Result = TypeVar("Result")


def patiently(work: Callable[[], Result], say: Callable[[str], None]) -> Result:
    """`work`, at most three times; `say` is told of each further try.

    A server that was silent is not asked again: that would only triple the wait.
    """
    for number, pause in enumerate(PAUSES, 2):
        try:
            return work()
        except Silent as error:
            raise _in_vain(error) from None
        except (ConnectionLost, Passing) as error:
            say(f"{error.said}; trying again ({number} of {len(PAUSES) + 1}).")
        time.sleep(pause)
    try:
        return work()
    except (ConnectionLost, Passing) as error:
        raise _in_vain(error) from None


def _in_vain(error: CpctlError) -> CpctlError:
    fault = error.fault
    what = f"{fault.what.rstrip('.')}. Nothing was written"
    return CpctlError(what, where=fault.where, remedy=fault.remedy)
