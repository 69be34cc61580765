"""What status, jobs, health and runs say in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from cpctl.core.job_address import adopting
from cpctl.core.resource import Address
from cpctl.core.speech import Clock
from cpctl.core.watched import FAILED, LOOKED_AT, Looked, Ran, View, Watched
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.sentences import count
from cpctl.render.watch_shapes import LookedShape

PG_CRONS = "cron.job_run_details"
MOST = 10
"""Names that are listed where their number is what matters."""

LONGEST = 200
"""Characters of a message; the JSON has it whole."""


def at(moment: str, clock: Clock) -> str:
    """`13:30 GMT`, or `Tue 24 Nov 01:30 GMT` where that is not today."""
    from cpctl.schedule.speech import day_and_time

    return f"{day_and_time(moment, clock)} {zone(clock)}"


@lru_cache(maxsize=4)
def zone(clock: Clock) -> str:
    """The name of the scheduler's zone; UTC where only PostgreSQL knows it."""
    from cpctl.schedule.speech import known_zone

    return clock.timezone if known_zone(clock.timezone) else "UTC"


def ran(last: Ran | None, clock: Clock, looked: Looked) -> str:
    """`last ran 13:30 GMT, succeeded`; where no run is known, how far one was looked for."""
    if last is None:
        return "no run is recorded" if looked.whole else f"no run among the last {LOOKED_AT:,}"
    when = at(last.started, clock) if last.started else ""
    if not last.over:
        return f"{escaped(last.status)} since {when}" if when else escaped(last.status)
    return ", ".join(filter(None, (f"last ran {when}".rstrip(), escaped(last.status))))


def brief(message: str) -> str:
    """A message on one line, not longer than a reader wants it."""
    line = " ".join(message.removeprefix("ERROR:").split())
    return escaped(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")


def why(job: Watched) -> str:
    """What its last failed run said, if that was the last that is over."""
    outcome = job.outcome
    return brief(outcome.message) if outcome and outcome.status == FAILED else ""


def beside(view: View) -> Iterator[str]:
    """What is not among the jobs, and where their runs come from."""
    absent = [address for address in view.missing if address not in view.strangers]
    yield from _strangers(view)
    for verb, addresses in (
        ("in the file, and not in the database", absent),
        ("of the runtime, and failing", [job.address for job in view.upkeep if job.failing]),
    ):
        if addresses:
            yield f"! {count(len(addresses), 'job')} {verb}: {named(addresses)}"
    yield from source(view.looked)


def _strangers(view: View) -> Iterator[str]:
    for owner in sorted(set(view.strangers.values())):
        addresses = [at for at, whose in view.strangers.items() if whose == owner]
        subject, verb = count(len(addresses), "job"), "belong" if len(addresses) > 1 else "belongs"
        yield escaped(f"! {subject} of the file {verb} to {owner} here: ") + named(addresses)
        yield f"# you are {escaped(view.target.role)}; {escaped(adopting(owner))}"


def named(addresses: Sequence[Address]) -> str:
    """The first of them, and how many more there are."""
    listed = ", ".join(escaped(str(address)) for address in addresses[:MOST])
    more = len(addresses) - MOST
    return f"{listed} and {more} more" if more > 0 else listed


def source(looked: Looked) -> Iterator[str]:
    """Where runs were looked for, and how far back."""
    far = "" if looked.whole else f", the last {LOOKED_AT:,} runs"
    if looked.runtime:
        yield f"# runs: {escaped(looked.runtime)}, and of {PG_CRONS} those that failed{far}"
    else:
        yield f"# runs: {PG_CRONS}{far}"
    if looked.lacking:
        yield "# the runtime of the file is not in the database: cpctl apply makes it"


def looked_json(looked: Looked) -> LookedShape:
    return {
        "tables": [looked.runtime, PG_CRONS] if looked.runtime else [PG_CRONS],
        "runs": LOOKED_AT,
        "complete": looked.whole,
    }
