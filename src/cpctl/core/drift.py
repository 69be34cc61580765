"""Whose difference it is: the file, the database and what the last apply left, compared.

Three sides make the class. Without the third nobody can tell who moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, assert_never

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.ledger import Remembered
from cpctl.core.resource import is_sealed

Class = Literal["drifted", "both", "missing", "extra", "pending"]
CLASSES: tuple[Class, ...] = ("drifted", "both", "missing", "extra", "pending")
"""In the order in which they need attention."""


def classify(change: Change, last: Remembered | None, *, remembers: bool) -> Class:
    """`last`: what the file's last apply left of it; `remembers`: there is a ledger that would say.

    drifted: the database moved; pending: the file did, and was not applied; both: so did each;
    missing: it was there after the apply; extra: no apply of the file ever had it.
    """
    match change:
        case Create():
            return "pending" if remembers and last is None else "missing"
        case Delete():
            return "pending" if last is not None else "extra"
        case Update():
            return _moved(change, last) if last or not remembers else "pending"
        case _:
            assert_never(change)


def _moved(change: Update, last: Remembered | None) -> Class:
    if last is None:
        return "drifted"
    names = change.changed
    before, after = change.before.fields, change.after.fields
    database = _differ(names, before, last)
    file = _differ(names, after, last)
    if _sealed(names, last):
        # The ledger holds no secret: a new reference is the file's doing, a new value is not.
        file = change.after.facts.get("reference") != last.facts.get("reference")
        database = not file
    if database and file:
        return "both"
    return "pending" if file else "drifted"


def _differ(names: Iterable[str], side: object, last: Remembered) -> bool:
    known = side if isinstance(side, dict) else {}
    return any(known.get(name) != last.fields.get(name) for name in names)


def _sealed(names: Iterable[str], last: Remembered) -> bool:
    return any(is_sealed(last.fields.get(name)) for name in names)
