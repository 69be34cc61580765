"""Jobs to pause, and the pause."""

from __future__ import annotations

from tests.integration.remembering import applied, by_hand, said
from tests.integration.steps import document, job
from tests.servers import Database

REASON = 'WordPress down, "INC-381"'
FILE = document(
    scope={"jobs": ["a_*"]},
    jobs={"a_one": job("*/5 * * * *"), "a_two": job(), "key": job(name="a_three")},
)


def opened(database: Database) -> Database:
    """Three jobs of a file that says nothing of `active`, and one of nobody."""
    applied(database, FILE)
    by_hand(database, "theirs")
    return database


def active(database: Database) -> dict[str | None, bool]:
    return {name: row["active"] for (name, _), row in database.jobs().items()}


def pause(database: Database, *words: str, code: int = 0, user: str = "postgres") -> str:
    return said(database.cpctl("pause", *words, user=user), code)
