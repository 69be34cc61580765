"""Urls in Supabase Vault or in cpctl's table as a migration; a secret's value is never in one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from cpctl.core import verifier
from cpctl.core.glob_regex import matching
from cpctl.core.migration import Offline, Script, raised, secret_refusal
from cpctl.core.secret_places import MARK, address
from cpctl.core.secret_spec import Spec
from cpctl.core.text import Text

_TABLES: Final = {"vault": "vault.secrets", "table": "cpctl.secrets"}


class Texts(NamedTuple):
    """The .sql files that stand beside the kind. `setup` makes the table, as a DO statement."""

    vault: str
    table: str
    removal: str
    setup: str


def secret_script(entries: Mapping[Text, Spec], offline: Offline, texts: Texts) -> Script:
    """The part of Vault and the table; secrets are refused, or left out where that is asked."""
    secret = [address(name) for name, spec in entries.items() if spec.secret]
    public = {name: spec for name, spec in entries.items() if spec.value is not None}
    stores = {spec.store for spec in public.values()}
    return Script(
        checks=(_has_vault(offline),) if "vault" in stores else (),
        steps=(*_written(public, offline, texts), *_removed(entries, offline, texts.removal)),
        notes=tuple(_notes(entries, offline)),
        skipped=tuple(secret) if offline.skip_secrets else (),
        refusals=() if offline.skip_secrets else tuple(map(secret_refusal, secret)),
    )


def _has_vault(offline: Offline) -> str:
    what = offline.quote("this database has no Vault. Nothing was changed")
    hint = offline.quote("CREATE EXTENSION supabase_vault; or store: table, which needs none")
    missing = "to_regclass('vault.decrypted_secrets') IS NULL"
    return f"    IF {missing} THEN\n        {raised(what, hint)}\n    END IF;"


def _written(public: Mapping[Text, Spec], offline: Offline, texts: Texts) -> Iterator[str]:
    quote = offline.quote
    in_vault = _rows(public, "vault", offline, MARK)
    if in_vault:
        yield texts.vault.format(rows=in_vault, mark=quote(MARK))
    in_table = _rows(public, "table", offline, "")
    if in_table:
        _, setup, _ = texts.setup.split("$setup$")
        yield f"    -- The table, where it is missing.\n{setup.strip()};"
        yield texts.table.format(rows=in_table)


def _rows(public: Mapping[Text, Spec], store: str, offline: Offline, mark: str) -> str:
    """What the value can be recognised by stands beside it, as an apply keeps it."""
    values = [(str(name), str(s.value)) for name, s in public.items() if s.store == store]
    rows = ((name, value, mark + verifier.plain(value)) for name, value in values)
    lines = (", ".join(map(offline.quote, row)) for row in rows)
    return ",\n".join(f"                ({line})" for line in lines)


def _removed(entries: Mapping[Text, Spec], offline: Offline, text: str) -> Iterator[str]:
    """What moved to the other store goes too, but not before somebody has set it there."""
    scope = offline.scope.get("secrets")
    if scope is None:
        return
    for store, table in _TABLES.items():
        here = (str(name) for name, spec in entries.items() if spec.store == store)
        kept = dict.fromkeys((*here, *sorted(offline.left_out)))
        yield text.format(
            table=table,
            schema=table.partition(".")[0],
            covered=matching("s.name", scope, offline.quote),
            kept=", ".join(map(offline.quote, kept)),
        )


def _notes(entries: Mapping[Text, Spec], offline: Offline) -> Iterator[str]:
    scope = offline.scope.get("secrets")
    if scope is not None:
        globs = ", ".join(scope.patterns)
        yield f"Entries of Vault and of cpctl.secrets in scope ({globs}) that the file lacks go."
    elif entries:
        yield "No entry of Vault or of cpctl.secrets goes: the file states no scope for secrets."
