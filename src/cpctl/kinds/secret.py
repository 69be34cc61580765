"""Kind `secret`: a url or a secret in Supabase Vault, or in a table of cpctl's where there is none.

Values are compared in memory where the role may read them back, else by the verifier beside them.
Only what the file declares, or may remove, is looked at: other people's secrets are not even read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from cpctl.core.kind import NOT_THERE, Context, Kind, Query, Rows, Survey
from cpctl.core.ledger import Remembered
from cpctl.core.resource import Address, Resource, Sealed, State, Value
from cpctl.core.secret_calls import BOTH, parts, statements_for
from cpctl.core.secret_places import Stores, address, read, readers_of, removable, value_of
from cpctl.core.text import Text, Wrong
from cpctl.kinds import sql
from cpctl.lints import secrets as lints

if TYPE_CHECKING:
    from cpctl.core.migration import Offline, Script
    from cpctl.core.rights import Request, Right
    from cpctl.core.secret_spec import Spec

_VAULT_NAMES = """
select name, id::text, coalesce(description, ''), updated_at::text
from vault.secrets where name is not null
"""
_VAULT_VALUES = "select name, decrypted_secret from vault.decrypted_secrets where name = any($1)"
_TABLE_NAMES = "select name, verifier, updated_at::text from cpctl.secrets"
_NAMES = {
    "vault_names": "select name from vault.secrets",
    "table_names": "select name from cpctl.secrets",
}
_TABLE_VALUES = "select name, value from cpctl.secrets where name = any($1)"


def _spec() -> type[Spec]:
    from cpctl.core.secret_spec import Spec

    return Spec


def _declare(key: str, spec: Spec, context: Context, origin: Text | None) -> Resource:
    if spec.secret and context.holds(spec.secret, "\0"):
        raise Wrong(f"{spec.secret} holds a NUL, which PostgreSQL cannot", "store it as text")
    value: Value = context.secret(spec.secret) if spec.secret else spec.value
    facts = {
        "name": key,
        "reference": spec.secret,
        "into": f"{spec.store}:{key}",
        "implied": ("store",),
    }
    return Resource(address(key), {"value": value, "store": spec.store}, facts, origin)


def _queries(context: Context, declared: Sequence[Resource]) -> tuple[Query, ...]:
    """Nothing for files that keep nothing here, nor ever did."""
    capabilities, names = context.capabilities, [str(r.facts["name"]) for r in declared]
    if not declared and "secrets" not in context.scope and not capabilities.ledger.usable:
        return ()
    lints.check_readable(declared, context)
    vault, table, asked = capabilities.vault, capabilities.table, []
    if vault is not None and vault.usage and vault.names:
        asked.append(Query("vault_names", _VAULT_NAMES))
        asked += [Query("vault_values", _VAULT_VALUES, (names,))] if vault.values and names else []
    if table.exists and table.names:
        asked.append(Query("table_names", _TABLE_NAMES))
        asked += [Query("table_values", _TABLE_VALUES, (names,))] if table.values and names else []
    if asked:
        names_there = " union ".join(_NAMES[query.name] for query in asked if query.name in _NAMES)
        asked.append(Query("secret_readers", sql("secret_readers").format(names=names_there)))
    return tuple(asked)


def _actual(rows: Rows, declared: State, context: Context) -> Iterable[Resource]:
    stores = read(rows)
    names = dict.fromkeys(chain((it.name for it in declared), stores.names))
    for name in names:
        seen = _seen(name, declared.get(address(name)), stores, context)
        if seen is not None:
            readers = readers_of(name, rows)
            yield seen._replace(facts={**seen.facts, "readers": readers})


def _seen(
    name: str, declared: Resource | None, stores: Stores, context: Context
) -> Resource | None:
    """The entry as it is, or None where there is none that this file may look at."""
    wanted = str(declared.fields["store"]) if declared and declared.fields else ""
    written = declared.facts.get("written") if declared else None
    ours = declared is None or removable(name, context)
    looked = parts(BOTH) if ours else (wanted, *(written if isinstance(written, tuple) else ()))
    found = [store for store in parts(BOTH) if store in looked and name in stores.of(store)]
    if not found or (declared is None and removable(name, context) is None):
        return None
    first = wanted if wanted in found else found[0]
    kept = stores.of(first)[name]
    facts: dict[str, object] = {"name": name, "implied": ("store",), "set": kept.updated_at}
    if name in stores.vault:
        facts |= {"vault_id": stores.vault[name].id, "described": stores.vault[name].described}
    store = found[0] if len(found) == 1 else BOTH
    return Resource(
        address(name), {"value": value_of(kept, declared, context), "store": store}, facts
    )


def _adopt(declared: Resource, seen: Resource, _: Context) -> Resource:
    value, there = declared.fields["value"], seen.fields["value"]
    if Sealed(None) in (value, there):
        value = there
    facts = {**seen.facts, **declared.facts}
    return declared._replace(fields={**declared.fields, "value": value}, facts=facts)


def _migrate(entries: Mapping[Text, Spec], offline: Offline) -> Script:
    from cpctl.core.secret_migration import Texts, secret_script

    names = ("migration_vault", "migration_table", "migration_removal", "table")
    return secret_script(entries, offline, Texts(*(sql(f"secret_{name}") for name in names)))


def _rights(survey: Survey, request: Request) -> Iterable[Right]:
    from cpctl.core.secret_rights import rights

    return rights(survey, request)


def _recall(
    address: Address, past: Remembered | None, left: Sequence[Remembered | None]
) -> Resource:
    """As it was, and nowhere else that an apply wrote it to; in Vault it may get another id."""
    written = tuple(dict.fromkeys(chain.from_iterable(parts(_store(it)) for it in left if it)))
    facts: dict[str, object] = {"name": address.name, "reference": None, "implied": ("store",)}
    facts["written"] = written
    if past is None:
        return Resource(address, {}, {**facts, "because": NOT_THERE})
    store = _store(past)
    if store == BOTH:
        store = _store(left[0]) if left[0] else parts(BOTH)[0]
        facts["lost"] = f"stood in both stores; only what {store} had comes back."
    into = f"{store}:{address.name}"
    return Resource(address, {**past.fields, "store": store}, {**facts, "into": into})


def _store(remembered: Remembered) -> str:
    return str(remembered.fields["store"])


KIND = Kind(
    name="secret",
    document_key="secrets",
    spec=_spec,
    written=False,
    scope_name=lambda key, _: key,
    declare=_declare,
    queries=_queries,
    actual=_actual,
    adopt=_adopt,
    recall=_recall,
    removable=lambda seen, context: removable(seen.address.name, context),
    statements=lambda change, context: statements_for(change, context, sql("secret_table")),
    migrate=_migrate,
    refusals=lints.refusals,
    hazards=lambda change, _: lints.hazards(change),
    notes=lints.notes,
    rights=_rights,
)
