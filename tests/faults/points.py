"""Where to break a connection: each byte that a clean apply exchanges, or a fair sample."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

from tests.faults.phases import PHASES, Direction, Passed
from tests.faults.proxy import After, Cut, How

HOWS: tuple[How, ...] = ("reset", "black hole")
AFTERS: tuple[After, ...] = ("open", "closed")
DIRECTIONS: tuple[Direction, ...] = ("client", "server")

SLOW = ("black hole", "closed")
"""Every attempt to connect again waits for seconds, so these begin first."""

ENDS = (("reset", "open"), SLOW)
"""The sample breaks these where a message ends, the others anywhere."""


def sample(passed: Sequence[Passed], seed: int) -> list[Cut]:
    """From each phase and direction, in each manner: the end of a message, or a byte inside."""
    chance = random.Random(seed)  # noqa: S311
    cuts = []
    for phase, direction in itertools.product(PHASES, DIRECTIONS):
        found = [p for p in passed if (p.phase, p.direction) == (phase, direction)]
        for how, after in itertools.product(HOWS, AFTERS) if found else ():
            sizes = [p.end - p.start for p in found]
            whole = (how, after) in ENDS
            place = chance.choice(found) if whole else chance.choices(found, sizes)[0]
            offset = place.end if whole else chance.randint(place.start + 1, place.end)
            cuts.append(Cut(place.connection, direction, offset, how, after))
    chance.shuffle(cuts)
    return sorted(cuts, key=lambda cut: (cut.how, cut.after) != SLOW)


def every(passed: Sequence[Passed], seed: int) -> Iterator[Cut]:
    """All of them: the sample, what is written, then ends of messages, then the rest.

    So a run that is stopped early has seen what matters.
    """
    known = sample(passed, seed)
    yield from known
    chance = random.Random(seed)  # noqa: S311
    writing = frozenset(PHASES[PHASES.index("SET") :])
    first = {
        (p.connection, p.direction, offset)
        for p in passed
        if p.phase in writing
        for offset in range(p.start + 1, p.end + 1)
    }
    ends = {(p.connection, p.direction, p.end) for p in passed} - first
    rest = (
        {
            (p.connection, p.direction, offset)
            for p in passed
            for offset in range(p.start + 1, p.end + 1)
        }
        - first
        - ends
    )
    for group in (first, ends, rest):
        cuts = [
            Cut(*place, how, after)
            for place, how, after in itertools.product(sorted(group), HOWS, AFTERS)
        ]
        chance.shuffle(cuts)
        yield from (cut for cut in cuts if cut not in known)
