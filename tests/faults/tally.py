"""What happened, counted by phase, and printed at the end of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from tests.faults.phases import PHASES

NOT_REACHED = "not reached"


@dataclass(slots=True)
class Tally:
    """Points and their outcomes by phase; and every point that broke a promise."""

    title: str
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def count(self, phase: str, outcome: str) -> None:
        with self.lock:
            self.outcomes[phase or NOT_REACHED, outcome] += 1

    def fail(self, point: object, phase: str, why: object) -> None:
        with self.lock:
            self.outcomes[phase or NOT_REACHED, "BROKEN"] += 1
            self.failures.append(f"{point} ({phase or NOT_REACHED}): {why}")

    @property
    def points(self) -> int:
        return sum(self.outcomes.values())

    def phase(self, phase: str) -> int:
        return sum(count for (found, _), count in self.outcomes.items() if found == phase)

    def outcome(self, outcome: str) -> int:
        return sum(count for (_, found), count in self.outcomes.items() if found == outcome)

    def lines(self, order: Sequence[str] = (*PHASES, NOT_REACHED)) -> list[str]:
        """The table: a line for each phase."""
        known = sorted({outcome for _, outcome in self.outcomes})
        rows = [p for p in order if self.phase(p)]
        rows += sorted({phase for phase, _ in self.outcomes} - set(rows))
        width = max(map(len, [*rows, "total"]), default=5)
        lines = ["  ".join([f"{'':{width}}", "points", *known])]
        for row in rows:
            cells = [f"{self.outcomes[row, name] or '·':>{len(name)}}" for name in known]
            lines.append("  ".join([f"{row:{width}}", f"{self.phase(row):6}", *cells]))
        total = [f"{self.outcome(name):{len(name)}}" for name in known]
        return [*lines, "  ".join([f"{'total':{width}}", f"{self.points:6}", *total])]

    def verdict(self) -> None:
        """Raises AssertionError with the first broken promises."""
        count = len(self.failures)
        assert not count, f"{count} of {self.points}:\n" + "\n".join(self.failures[:20])


TALLIES: list[Tally] = []


def tally(title: str) -> Tally:
    """A new one, which is printed at the end."""
    found = Tally(title)
    TALLIES.append(found)
    return found
