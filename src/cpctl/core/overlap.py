"""Whether two scopes take in one name: two files must not both own what only one can have.

The globs of both are run side by side, as state sets, over one character of each kind that they
can tell apart; the first name that both accept is a shortest one.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate
from functools import cached_property
from itertools import pairwise
from typing import Final

from cpctl.core.scope import Scope
from cpctl.core.text import Wrong

MOST_STATES: Final = 20_000
"""Pairs of state sets; real scopes need some hundreds, one like `*a?????????????` all of these."""

_READABLE: Final = f"{string.ascii_lowercase}{string.digits}_{string.ascii_uppercase}"
_LAST: Final = 0x10FFFF


def overlap(a: Scope, b: Scope) -> str | None:
    """A shortest name that both scopes take in, or None where there is none.

    Raises Wrong for scopes that are too entangled to tell.
    """
    one, other = _Runner(a), _Runner(b)
    signs = _signs(a, b)
    steps = [(sign, one.step(sign), other.step(sign)) for sign in signs]
    start = (one.start, other.start)
    names = {start: ""}
    queue = [start]
    for states in queue:
        if one.accepts(states[0]) and other.accepts(states[1]):
            return names[states]
        for sign, left, right in steps:
            reached = (one.move(states[0], left), other.move(states[1], right))
            if reached not in names and one.lives(reached[0]) and other.lives(reached[1]):
                names[reached] = names[states] + sign
                queue.append(reached)
        if len(queue) > MOST_STATES:
            raise Wrong("these scopes are too entangled to compare", "use fewer * and ? in them")
    return None


class _Runner:
    """All globs of a scope as one automaton; a set of its states is the bits of an int."""

    def __init__(self, scope: Scope) -> None:
        self._flags = re.IGNORECASE | re.ASCII if scope.fold else re.ASCII
        self._tokens: list[str | None] = []
        self._first = self._included = self._excluded = 0
        for glob in scope.patterns:
            self._add(glob)

    def _add(self, glob: str) -> None:
        self._first |= 1 << len(self._tokens)
        self._tokens += tokens(glob.removeprefix("!"))
        end = 1 << len(self._tokens)
        self._tokens.append(None)
        if glob.startswith("!"):
            self._excluded |= end
        else:
            self._included |= end

    @cached_property
    def _stars(self) -> int:
        return sum(1 << at for at, piece in enumerate(self._tokens) if piece == "*")

    @cached_property
    def _alive(self) -> int:
        """The states of globs that include: without one of them no name is taken in any more."""
        mask, run, found = 0, 0, 0
        for at, token in enumerate(self._tokens):
            run |= 1 << at
            if token is None:
                found, run = (run if 1 << at & self._included else 0), 0
                mask |= found
        return mask

    @property
    def start(self) -> int:
        return self._closed(self._first)

    def _closed(self, states: int) -> int:
        """With what a `*` that takes nothing leads to; `tokens` leaves no two of them in a row."""
        return states | (states & self._stars) << 1

    def step(self, sign: str) -> int:
        """The states that consume this character and go on."""
        return sum(
            1 << at
            for at, token in enumerate(self._tokens)
            if token not in {None, "*"} and re.match(translate(token or ""), sign, self._flags)
        )

    def move(self, states: int, consuming: int) -> int:
        return self._closed((states & consuming) << 1 | states & self._stars)

    def accepts(self, states: int) -> bool:
        return bool(states & self._included) and not states & self._excluded

    def lives(self, states: int) -> bool:
        return bool(states & self._alive)


def tokens(glob: str) -> Iterator[str]:
    """The glob piece by piece, as fnmatch reads it; of several stars in a row, one."""
    at = 0
    while at < len(glob):
        end = _end_of_set(glob, at) if glob[at] == "[" else at + 1
        piece = glob[at:end]
        if piece != "*" or glob[end : end + 1] != "*":
            # A bracket that nothing closes stands for itself.
            yield "[[]" if piece == "[" else piece
        at = end


def _end_of_set(glob: str, at: int) -> int:
    """After the `]` of a set that begins here; a `]` that comes first in it is a member."""
    first = at + 1 + glob.startswith("!", at + 1)
    closing = glob.find("]", first + glob.startswith("]", first))
    return at + 1 if closing < 0 else closing + 1


def _signs(*scopes: Scope) -> Sequence[str]:
    """One character of each class that the globs can tell apart, readable where there is one."""
    edges = {0, _LAST + 1}
    for scope in scopes:
        for sign in set("".join(scope.patterns)):
            for twin in {sign, *(_cases(sign) if scope.fold else ())}:
                edges |= {ord(twin), ord(twin) + 1}
        if scope.fold:
            edges |= {ord(edge) + after for edge, after in zip("AZaz", (0, 1, 0, 1), strict=True)}
    picked = [_pick(range(low, high)) for low, high in pairwise(sorted(edges))]
    return sorted(picked, key=lambda sign: (_READABLE.find(sign) % (len(_READABLE) + 1), sign))


def _cases(sign: str) -> Iterable[str]:
    return (sign.lower(), sign.upper()) if sign.isascii() else ()


def _pick(codes: range) -> str:
    return next((sign for sign in _READABLE if ord(sign) in codes), chr(codes.start))
