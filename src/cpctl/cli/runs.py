"""`cpctl runs`: single runs of the file's jobs, the newest first, or as they happen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from cpctl.cli.looking import Format, common_of, document_of, look, show_either
from cpctl.cli.options import (
    Common,
    DatabaseUrl,
    Debug,
    EnvFiles,
    Files,
    NoColor,
    Quiet,
    TextOrJson,
    progress,
)
from cpctl.core.watched import FAILED
from cpctl.errors import CpctlError

if TYPE_CHECKING:
    from cpctl.core.watched import OneRun, Runs
    from cpctl.operate.runs import Wish

_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
Job = Annotated[str | None, typer.Argument(help="Only of this job.", show_default=False)]
Failed = Annotated[bool, typer.Option("--failed", help="Only those that failed.")]
Since = Annotated[str | None, typer.Option(help="Only since then: 30min, 1h, 7d.")]
Most = Annotated[int, typer.Option("--limit", help="How many at the most.", min=1, max=10_000)]
Follow = Annotated[bool, typer.Option("--follow", help="Go on with each new one, until Ctrl-C.")]


def runs(
    job: Job = None,
    failed: Failed = False,
    since: Since = None,
    limit: Most = 20,
    follow: Follow = False,
    file: Files = None,
    format: Format = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Single runs of the file's jobs, the newest first."""
    from cpctl.operate.runs import Wish
    from cpctl.operate.runs import runs as find
    from cpctl.render.runs import runs_json, runs_text

    wish = Wish(job or "", failed, _seconds(since), limit)
    common = common_of(file, database_url, env_file, quiet=quiet)
    if follow:
        if format == TextOrJson.json:
            what = "--follow has no end, and a JSON document has one"
            raise CpctlError(what, remedy="ask again and again: cpctl runs --since 1min")
        return _follow(common, wish)
    found = look(common, "runs", lambda document, session: find(document, session, wish))
    show_either(format, lambda: runs_text(found), lambda: runs_json(found), plain=no_color)
    return 0


def _seconds(text: str | None) -> float | None:
    """Raises CpctlError."""
    if text is None:
        return None
    read = re.fullmatch(r"(\d{1,4}) ?(s|min|m|h|d|w)", text.strip())
    if read is None:
        raise CpctlError(f'--since "{text}" is no time', remedy="write 30min, 1h or 7d")
    return float(read[1]) * _SECONDS[read[2]]


def _follow(common: Common, wish: Wish) -> int:
    """Ctrl-C is how it ends, so that is no error."""
    import gc

    from cpctl.operate.follow import WINDOW, Follower, following
    from cpctl.operate.runs import all_runs
    from cpctl.postgres.session import Session
    from cpctl.render.runs import run_lines, runs_head

    gc.enable()  # which main() turned off, for processes that live for a second
    document = document_of(common)
    all_of_them = wish._replace(failed=False, since=None, most=2 * WINDOW)
    try:
        with Session(common.server, "cpctl runs") as session:
            follower = Follower(
                lambda after: all_runs(document, session, all_of_them._replace(after=after))
            )
            with progress("Reading the database", quiet=common.quiet):
                seen = follower.first()
            print(f"{runs_head(seen)}\n", flush=True)
            newest = _chosen(seen, wish)[: wish.most]
            _say(run_lines(reversed(newest), seen.clock))
            for found in following(follower):
                _say(run_lines(_chosen(found, wish), found.clock))
    except KeyboardInterrupt:
        pass
    return 0


def _chosen(found: Runs, wish: Wish) -> list[OneRun]:
    """What of all that was seen is asked for; a run may fail long after it was seen to begin."""
    from cpctl.operate.runs import begins_after

    since = begins_after(found.clock.as_of, wish.since)
    return [
        run
        for run in found.runs
        if (not wish.failed or run.status == FAILED) and (not since or run.started >= since)
    ]


def _say(lines: list[str]) -> None:
    if lines:
        print("\n".join(lines), flush=True)
