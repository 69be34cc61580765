"""What a kind brings to a migration: SQL that needs no answer of a server before it is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from cpctl.core.finding import Finding
from cpctl.core.resource import Address
from cpctl.core.scope import Scope
from cpctl.core.statement import Parameter


class Offline(NamedTuple):
    """What a kind is told where no server is asked.

    `owner`: that of the file's defaults. `skip_secrets`: secrets are left out, and not refused.
    `quote`: the literal of a value, which prints whatever the value holds. `left_out`: the names of
    those secrets in any store, without the `app.` of a setting: wherever they stand, they stay.
    """

    file: str
    store: str
    owner: str | None
    scope: Mapping[str, Scope]
    skip_secrets: bool
    quote: Callable[[Parameter], str]
    left_out: frozenset[str] = frozenset()


class Script(NamedTuple):
    """One kind's part: PL/pgSQL, indented by one level, that changes nothing in a second run.

    `checks` are made before any kind's `steps`, and raise what forbids the whole migration.
    `notes`: what its reader must know. `skipped`: secrets that are not in it. `refusals`: what no
    migration can carry.
    """

    checks: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: tuple[Address, ...] = ()
    refusals: tuple[Finding, ...] = ()


NOTHING: Final = Script()
OF_A_SETTING: Final = "app."
"""What a setting's name has more than that of the same url or secret in Vault or the table."""


def secret_refusal(address: Address) -> Finding:
    """A migration is a file that is committed, and so is what stands in it."""
    what = "is a secret, and a migration is a file that people commit"
    remedy = "--secrets skip leaves secrets out, and cpctl apply sets them"
    return Finding("SECRET_IN_FILE", what, address, remedy)


def unknown_refusal(address: Address) -> Finding:
    """The kind brings no SQL for migrations."""
    return Finding(
        "NOT_IN_MIGRATION", "has no form that a migration can hold", address, "cpctl apply"
    )


def raised(message: str, hint: str = "") -> str:
    """A RAISE for these two literals, which undoes the whole migration."""
    said = f"RAISE EXCEPTION USING\n            MESSAGE = {message}"
    return f"{said},\n            HINT = {hint};" if hint else f"{said};"
