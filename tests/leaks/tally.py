"""What was looked for and what was found, counted by channel, and printed at the end of the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.leaks.canary import Canary

MOST = 20
"""Findings that a failing test shows."""

CONTEXT = 100
"""Bytes before a finding that it shows."""


@dataclass(slots=True)
class Tally:
    """A check is one form of one canary, looked for in what one channel has of one run.

    `unavoidable`: what was found where PostgreSQL itself must write it, by the fact's name.
    """

    title: str
    checks: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    unavoidable: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)

    def look(self, channel: str, data: bytes, canaries: Iterable[Canary], run: str) -> None:
        for canary in canaries:
            for form, written in canary.forms:
                self.checks[channel] += 1
                at = data.find(written)
                if at >= 0:
                    self.hits[channel] += 1
                    before = data[max(0, at - CONTEXT) : at].decode(errors="replace")
                    found = f"{channel}: {canary.label} ({form}), {run}, after {before!r}"
                    self.found.append(found)

    def excuse(self, channel: str, data: bytes, canaries: Iterable[Canary], fact: str) -> None:
        """Count what is found, and hold it against nobody."""
        forms = (written for canary in canaries for _, written in canary.forms)
        self.unavoidable[channel, fact] += sum(written in data for written in forms)

    def add(self, other: Tally) -> None:
        self.checks += other.checks
        self.hits += other.hits
        self.unavoidable += other.unavoidable
        self.found += other.found

    def verdict(self) -> None:
        """Raises AssertionError with the first leaks."""
        assert not self.found, f"{len(self.found)} leaks:\n" + "\n".join(self.found[:MOST])

    def lines(self) -> list[str]:
        """The table: a line for each channel."""
        width = max(map(len, [*self.checks, "total"]), default=5)
        lines = [f"{'':{width}}  checks  hits"]
        for channel in sorted(self.checks):
            row = f"{channel:{width}}  {self.checks[channel]:6}  {self.hits[channel] or '·':>4}"
            lines.append(row)
        total = f"{self.checks.total():6}  {self.hits.total():4}"
        lines.append(f"{'total':{width}}  {total}")
        for (channel, fact), count in sorted(self.unavoidable.items()):
            lines.append(f"unavoidable, {channel}: {count} in {fact}")
        return lines


TALLIES: dict[str, Tally] = {}


def tally(title: str) -> Tally:
    """The one of this title, which is printed at the end."""
    return TALLIES.setdefault(title, Tally(title))
