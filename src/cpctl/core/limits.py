"""How much of a kind one apply may change unasked, as a share or as a number."""

from __future__ import annotations

import re
from typing import NamedTuple

from cpctl.core.text import Wrong

SHARE_FROM = 10
"""A share counts where there are at least this many; of three, one is no third of anything."""

PATTERN = "[0-9]{1,9}%?"
_ALL = 100


class Limit(NamedTuple):
    """`30%` of what there is of a kind, or so many of them."""

    number: int
    percent: bool

    def exceeded(self, count: int, of: int) -> bool:
        if not self.percent:
            return count > self.number
        return of >= SHARE_FROM and _ALL * count > self.number * of

    def words(self, count: int, of: int) -> str:
        """`40 %, over 30 %`, or `the limit is 5`."""
        if not self.percent:
            return f"the limit is {self.number}"
        return f"{round(_ALL * count / of)} %, over {self.number} %"


class Limits(NamedTuple):
    """More than these of a kind is refused; None: any number goes.

    octoDNS has proven the two numbers of the default: 30 % of ten or more.
    """

    deletes: Limit | None = Limit(30, percent=True)
    updates: Limit | None = None


def as_limit(text: str) -> Limit:
    """Raises Wrong."""
    if not re.fullmatch(PATTERN, text):
        raise Wrong("a limit is a share or a number", 'write "30%" or 5')
    limit = Limit(int(text.removesuffix("%")), text.endswith("%"))
    if limit.percent and limit.number > _ALL:
        raise Wrong("there is no share over 100 %", "write 100% for no limit")
    return limit
