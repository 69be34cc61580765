"""What is asked of a pause or a resume."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cpctl.core.pauses import CPCTL, LONGEST_REASON
from cpctl.core.resource import Address
from cpctl.errors import CpctlError


class Order(NamedTuple):
    """What to do. `active`: what the jobs become; `jobs`: by any of their names, or by address.

    No jobs: all. `via`: what called this, for the ledger. `announce` is told what takes longer
    than a second.
    """

    active: bool
    jobs: tuple[str | Address, ...]
    reason: str
    lock_timeout: float
    announce: Callable[[str], None]
    via: str = CPCTL

    @property
    def verb(self) -> str:
        return "resume" if self.active else "pause"


def readable(reason: str) -> str:
    """The reason as text that any database takes. Raises CpctlError where it is no sentence."""
    text = reason.strip().encode("utf-8", "backslashreplace").decode()
    if "\0" in text:
        raise CpctlError("the reason has a NUL in it", remedy="--reason takes text")
    if len(text) > LONGEST_REASON:
        what = f"the reason has {len(text):,} characters, and {LONGEST_REASON:,} is the most"
        raise CpctlError(what, remedy="say it in a sentence, and where to read the rest")
    return text
