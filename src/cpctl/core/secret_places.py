"""Where urls and secrets stand on the server, and what may be known of their values there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cpctl.core import verifier
from cpctl.core.kind import Context, Rows
from cpctl.core.resource import Address, Resource, Sealed, Value

MARK = "cpctl: "
"""What a description in Vault begins with where cpctl keeps a verifier there."""


class Kept(NamedTuple):
    """One entry of one store. `id`: Vault's; `verifier`: empty where none is kept beside it.

    `value`: None where the role may not read it, or nobody asked for it.
    """

    updated_at: str
    verifier: str
    value: str | None
    id: str = ""
    described: bool = False

    def __repr__(self) -> str:
        return "(sensitive)"


class Stores(NamedTuple):
    """Both stores by name."""

    vault: Mapping[str, Kept]
    table: Mapping[str, Kept]

    def of(self, store: str) -> Mapping[str, Kept]:
        return self.vault if store == "vault" else self.table

    @property
    def names(self) -> Iterable[str]:
        return dict.fromkeys((*self.vault, *self.table))


def read(rows: Rows) -> Stores:
    """The rows of kinds/secret.py's queries."""
    return Stores(_vault(rows), _table(rows))


def readers_of(name: str, rows: Rows) -> tuple[tuple[str, str, str], ...]:
    """Who reads it: (function or job, its name, its schedule).

    The jobs are those that kinds/job.py asks for as each owner: row security hides them from a role
    that only acts for the owners, and a reader that was not seen is no warning.
    """
    functions = [row[1:] for row in rows.get("secret_readers", ()) if row[0] == name]
    quoted = name.replace("'", "''")
    signs = (f"'{quoted}'", *(f"{called}(" for _, called in functions))
    jobs = (
        ("job", jobname or f"jobid {jobid}", schedule)
        for jobid, jobname, schedule, command, _, _, active in rows.get("jobs", ())
        if active and any(sign in command for sign in signs)
    )
    return (*(("function", shown, "") for shown, _ in functions), *jobs)


def _vault(rows: Rows) -> dict[str, Kept]:
    values: dict[str, str] = dict(rows.get("vault_values", ()))
    return {
        name: Kept(
            updated_at,
            description.removeprefix(MARK) if description.startswith(MARK) else "",
            values.get(name),
            identity,
            bool(description) and not description.startswith(MARK),
        )
        for name, identity, description, updated_at in rows.get("vault_names", ())
    }


def _table(rows: Rows) -> dict[str, Kept]:
    values: dict[str, str] = dict(rows.get("table_values", ()))
    return {
        name: Kept(updated_at, kept, values.get(name))
        for name, kept, updated_at in rows.get("table_names", ())
    }


def value_of(kept: Kept, declared: Resource | None, context: Context) -> Value:
    """What stands there, as far as it may be known: never the text of what may be a secret."""
    reference = declared.facts.get("reference") if declared else None
    wanted = declared.fields.get("value") if declared else None
    if kept.value is not None:
        public = declared is not None and _public(kept.value, declared, context)
        return kept.value if public else context.seal(kept.value)
    if not kept.verifier or declared is None:
        return Sealed(None)
    if isinstance(reference, str):
        fits = context.fits(reference, kept.verifier)
        return Sealed(None) if fits is None else (wanted if fits else Sealed("another"))
    fits = verifier.fits(str(wanted), kept.verifier)
    return wanted if fits else Sealed("another")


def _public(text: str, declared: Resource, context: Context) -> bool:
    """A URL that the file has, or that an apply of it left there; any other may be a secret."""
    wanted, known = declared.fields.get("value"), context.memory.recall(declared.address)
    left = known.fields.get("value") if known else None
    return isinstance(wanted, str) and text in (wanted, left)


def address(name: str) -> Address:
    return Address("secret", name)


def removable(name: str, context: Context) -> str | None:
    """Why this file may remove it: its scope, or where none is stated, an apply of it."""
    scope = context.scope.get("secrets")
    if scope is None:
        return context.memory.reason(address(name), context.file)
    pattern = scope.pattern(name)
    return pattern and f"it is not in {context.file}, and scope.secrets has {pattern}"
