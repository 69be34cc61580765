"""What a pause or a resume did, as data that every format can show."""

from __future__ import annotations

from typing import NamedTuple

from cpctl.core.pauses import Pause
from cpctl.core.resource import Resource
from cpctl.core.speech import Clock
from cpctl.errors import Place


class Switched(NamedTuple):
    """One job as it was before. `pause`: the one of cpctl that it is or was under.

    `place`: where the file manages `active`, and says something else than what was done.
    """

    job: Resource
    pause: Pause | None
    place: Place | None


class Switch(NamedTuple):
    """What was done. `already`: what was so before. `number`: its place in the ledger.

    `unrecorded`: why it has none, although something was done. `settled`: the acknowledgement of
    the commit was lost, and the server confirmed it later.
    """

    active: bool
    host: str
    database: str
    clock: Clock
    files: tuple[str, ...]
    reason: str
    changed: tuple[Switched, ...]
    already: tuple[Switched, ...]
    number: int | None = None
    unrecorded: str = ""
    settled: bool = False
