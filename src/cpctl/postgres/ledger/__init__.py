"""The ledger in the database: which statement writes what of an apply, and on which connection.

What a transaction can undo is recorded in that transaction. Before ALTER SYSTEM, which none can
undo, an intent is committed by itself; the transaction of the jobs completes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cpctl.core.kind import Query, Rows
from cpctl.core.ledger import Entry, Kept, PauseEntry
from cpctl.core.pauses import PAUSES
from cpctl.postgres.session import Message, Session
from cpctl.postgres.transaction import LOCK
from cpctl.postgres.wire import Answer


def _text(name: str) -> str:
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")


THERE = Query(
    "ledger_there",
    "select exists (select from pg_namespace where nspname = 'cpctl' "
    "and obj_description(oid, 'pg_namespace') is distinct from 'cpctl secrets')",
)
"""Whether somebody has made the schema by now."""


def memory_queries(names: Sequence[str]) -> tuple[Query, ...]:
    """What an apply, a plan and a diff ask of the ledger, for the pipeline of the inspection."""
    return (
        Query("ledger_file", _text("file"), (list(names),)),
        Query("ledger_others", _text("others"), (list(names),)),
        Query("ledger_lingering", _text("lingering"), (list(names),)),
        history_query("outcome is null", "ledger_unfinished"),
        pauses_query(),
    )


def pauses_query() -> Query:
    """Which jobs cpctl has paused last, and not resumed."""
    return Query(PAUSES, _text("pauses"))


def pause_message(made: PauseEntry) -> Message:
    """The row of a pause or resume, for the transaction that makes it."""
    run = made.run
    who = (run.os_user, run.job, run.url, run.commit, made.version)
    return Message(_text("pause"), (made.name, *who, str(made.jobs), made.changes))


def creation() -> list[Message]:
    """The schema and its tables."""
    return [Message(statement) for statement in _text("create").split("-- statement\n")[1:]]


def code_query() -> Query:
    """Whether somebody has made our tables run code of his: asked by whoever does not own them."""
    return Query("ledger_code", _text("code"))


def keep_so(tables: Sequence[str]) -> Query:
    """Until the transaction ends nobody can add code to them. `tables`: in the schema cpctl."""
    named = ", ".join(f"cpctl.{table}" for table in tables)
    return Query("tables_kept", f"LOCK TABLE {named} IN ROW EXCLUSIVE MODE")


def history_query(condition: str, name: str = "history", limit: int | None = None) -> Query:
    """Applies, the newest first. `condition`: SQL of ours, never a user's."""
    end = "" if limit is None else f"limit {limit}"
    sql = _text("history").format(condition=condition)
    return Query(name, f"{sql}{end}", (LOCK >> 32, LOCK & 0xFFFFFFFF))


def changes_query(first: int) -> Query:
    """The changes of an apply and of all after it."""
    return Query("changes", _text("changes"), (first,))


def last_query(names: Sequence[str]) -> Query:
    """The number of a file's last committed apply, under any of its names."""
    sql = "select max(number) from cpctl.applies where name = any($1) and committed"
    return Query("last", sql, (list(names),))


class Ledger:
    """What one apply writes into the ledger. `number`: its place there, once there is one."""

    def __init__(self, entry: Entry, *, exists: bool) -> None:
        self.entry = entry
        self.number = ""
        self._missing = not exists
        self._begun = False

    def intent(self) -> tuple[Query, ...]:
        """Say, by itself and before the first write, what is about to be done."""
        made = (Query("ledger_made", message.sql) for message in self._created())
        return (*made, Query("intent", _text("begin"), self._values()))

    def begun(self, rows: Rows) -> None:
        """The answer to `intent`: it is committed."""
        self._missing, self._begun = False, True
        self.number = str(rows["intent"][0][0])

    def completion(self, kept: Kept, *, late: Sequence[str]) -> list[Message]:
        """For the transaction that commits the jobs: what it did, and what the file manages now.

        `late`: what has to be removed after it; until then it is not finished.
        """
        values = (kept.scope, _array(kept.owners), kept.resources, f"\\x{kept.state.hex()}")
        if not self._begun:
            made = Message(_text("whole"), (*self._values(), *values))
            return [*self._created(), Message(_text("bury"), (None,)), *self._renamed(), made]
        done = Message(_text("commit"), (self.number, _array(late)))
        remember = Message(_text("remember"), (self.entry.name, self.number, *values))
        return [Message(_text("bury"), (self.number,)), done, *self._renamed(), remember]

    def completed(self, answers: Sequence[Answer]) -> None:
        """The answers to `completion`, which is committed; none where they were lost."""
        if answers and not self._begun:
            self.number = str(answers[-1].rows[0][0])

    def finish(self, session: Session, outcome: str, left: Iterable[str] = ()) -> None:
        """Close the intent, where there is one."""
        if self._begun:
            message = Message(_text("finish"), (self.number, outcome, _array(left)))
            session.send([message])

    def _values(self) -> tuple[str | None, ...]:
        entry, run = self.entry, self.entry.run
        undoes = None if entry.undoes is None else str(entry.undoes)
        who = (run.os_user, run.job, run.url, run.commit, entry.version)
        return (
            entry.name,
            *who,
            _array(entry.files),
            undoes,
            *map(str, entry.counts),
            entry.changes,
        )

    def _created(self) -> list[Message]:
        """The schema and its tables, the first time."""
        return creation() if self._missing else []

    def _renamed(self) -> list[Message]:
        if not self.entry.was or self._missing:
            return []
        names = (self.entry.name, self.entry.was)
        return [Message(_text("rename_applies"), names), Message(_text("rename_file"), names)]


def _array(values: Iterable[str]) -> str:
    """A text[] as PostgreSQL reads it."""
    escaped = (_storable(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"


def _storable(text: str) -> str:
    """A file's name may hold bytes that are no text."""
    return text.encode("utf-8", "backslashreplace").decode()
