"""One way to say that something deserves attention: hazards, notes, refusals, later lints."""

from __future__ import annotations

from typing import NamedTuple

from cpctl.core.resource import Address


class Finding(NamedTuple):
    """`code` is stable and upper case: what `--allow` names. `remedy` can be pasted."""

    code: str
    what: str
    address: Address | None = None
    remedy: str = ""

    def __str__(self) -> str:
        where = f"{self.address}: " if self.address else ""
        return f"{where}{self.what}"
