"""Kind `setting`: a server setting, in postgresql.auto.conf or on the database.

What the files say is compared, not what a session sees. Placeholders (app.x) are compared byte for
byte, real settings as the server reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from cpctl.core.change import sides
from cpctl.core.guc import LIST_QUOTE, Guc, canonical, humane, is_custom, names
from cpctl.core.kind import NOT_THERE, Context, Kind, Query, Rows, Survey
from cpctl.core.ledger import Remembered
from cpctl.core.resource import Address, Resource, Sealed, State, Value
from cpctl.core.setting_calls import BOTH, parts, statements_for, stores_of
from cpctl.core.setting_places import owned, places, public
from cpctl.core.settings import Real, ServerSettings, read
from cpctl.core.text import Text, Wrong
from cpctl.errors import DeclaredError, Fault
from cpctl.kinds import sql
from cpctl.lints import settings as lints

if TYPE_CHECKING:
    from cpctl.core.migration import Offline, Script
    from cpctl.core.rights import Request, Right
    from cpctl.core.setting_spec import Spec


def _address(name: str) -> Address:
    return Address("setting", name)


def _spec() -> type[Spec]:
    from cpctl.core.setting_spec import Spec

    return Spec


def _check(key: Text, spec: Spec) -> None:
    from cpctl.core.setting_spec import check

    check(key, spec)


def _declare(key: str, spec: Spec, context: Context, origin: Text | None) -> Resource:
    name = key.lower()
    facts = {"name": name, "reference": spec.secret, "implied": ("store",)}
    if spec.value is None and spec.secret is None:
        return Resource(_address(name), {}, facts, origin)
    if spec.secret and context.holds(spec.secret, "\n\0"):
        raise Wrong(f"{spec.secret} holds a newline or NUL, which a setting cannot", "use one line")
    value: Value = context.secret(spec.secret) if spec.secret else spec.value
    if isinstance(value, str) and name in LIST_QUOTE:
        value = (value,)
    elif isinstance(value, tuple) and name not in LIST_QUOTE:
        value = ", ".join(map(str, value))
    in_database = context.store == "database" and is_custom(name)
    store = spec.store or ("database" if in_database else "system")
    return Resource(_address(name), {"value": value, "store": store}, facts, origin)


_REMOVABLE = "union select lower(name) from pg_file_settings where name is not null"
_IN_FILES = "   or lower(name) in (select lower(name) from pg_file_settings)"


def _queries(context: Context, declared: Sequence[Resource]) -> tuple[Query, ...]:
    remembers = context.capabilities.ledger.usable
    if not declared and "settings" not in context.scope and not remembers:
        return ()
    wanted = [resource.address.name for resource in declared]
    hidden = not context.capabilities.file_settings
    files = "select null, null, null, null, null where false" if hidden else sql("setting_files")
    rights = sql("setting_rights").format(files="" if hidden else _REMOVABLE)
    return (
        Query("reals", sql("setting_reals") + ("" if hidden else _IN_FILES), (wanted,)),
        Query("files", files),
        Query("overrides", sql("setting_overrides")),
        Query("rights", rights, (wanted, [*filter(is_custom, wanted)])),
    )


def _server(rows: Rows, context: Context) -> ServerSettings:
    role, database = context.capabilities.role, context.capabilities.database
    return read(rows, role, database) if "reals" in rows else ServerSettings()


def _actual(rows: Rows, declared: State, context: Context) -> Iterable[Resource]:
    server = _server(rows, context)
    declared_names = (address.name for address in declared)
    lingering = (Address.parse(address).name for address in sorted(context.memory.lingering))
    for name in dict.fromkeys((*declared_names, *server.files, *server.database, *lingering)):
        wanted = declared.get(_address(name))
        lints.check_readable(name, wanted, server, context)
        seen = _seen(name, wanted, server, context)
        if seen is not None:
            yield seen


def _seen(
    name: str, declared: Resource | None, server: ServerSettings, context: Context
) -> Resource | None:
    """The resource as it is, or None where there is nothing that cpctl would look at."""
    real = server.reals.get(name)
    if real is not None:
        return _seen_real(name, declared, real, server)
    if declared is None and owned(name, context) is None:
        return None
    return _seen_custom(name, declared, server, context)


def _seen_real(
    name: str, declared: Resource | None, real: Real, server: ServerSettings
) -> Resource | None:
    entry = server.files.get(name)
    if declared is None or (not declared.fields and not (entry and entry.auto)):
        return None
    standing = server.standing(name)
    text = humane(real.guc, server.without_files(name)) if standing is None else standing
    value: Value = names(text) if name in LIST_QUOTE else text
    facts = {
        "name": name,
        "guc": real.guc,
        "context": real.context,
        "implied": ("store",),
        "unset": not (entry and entry.auto),
    }
    return Resource(_address(name), {"value": value, "store": "system"}, facts)


def _seen_custom(
    name: str, declared: Resource | None, server: ServerSettings, context: Context
) -> Resource | None:
    wanted = declared.fields.get("store") if declared else None
    found = places(name, declared, server, context)
    if not found:
        return None
    first = str(wanted) if wanted in found else next(iter(found))
    text = found[first]
    value = text if public(name, text, declared, context) else context.seal(text)
    store = first if len(found) == 1 else BOTH
    fields: dict[str, Value] = {"value": value, "store": store}
    return Resource(_address(name), fields, {"name": name, "implied": ("store",)})


def _adopt(declared: Resource, seen: Resource, _: Context) -> Resource:
    value, there, guc = declared.fields["value"], seen.fields["value"], seen.facts.get("guc")
    if value == Sealed(None) or _equal(guc, value, there, declared.origin):
        value = there
    store = "system" if guc else declared.fields["store"]
    facts = {**declared.facts, **seen.facts}
    return declared._replace(fields={"value": value, "store": store}, facts=facts)


def _equal(guc: object, value: Value, there: Value, origin: Text | None) -> bool:
    if not isinstance(guc, Guc) or not isinstance(value, str) or not isinstance(there, str):
        return value == there
    try:
        return canonical(guc, value) == canonical(guc, there)
    except Wrong as wrong:
        where = str(origin.place) if origin else guc.name
        raise DeclaredError((Fault(wrong.what, where, wrong.remedy),)) from None


def _removable(seen: Resource, context: Context) -> str | None:
    return owned(seen.address.name, context)


def _migrate(entries: Mapping[Text, Spec], offline: Offline) -> Script:
    from cpctl.core.setting_migration import Texts, setting_script

    texts = Texts(sql("setting_migration"), sql("setting_migration_removal"))
    return setting_script(entries, offline, texts)


def _rights(survey: Survey, request: Request) -> Iterable[Right]:
    from cpctl.core.setting_rights import rights

    return rights(survey, request, _server(survey.rows, survey.context))


def _recall(
    address: Address, past: Remembered | None, left: Sequence[Remembered | None]
) -> Resource:
    """As it was, and nowhere else that an apply wrote it to; what stood in no file is RESET."""
    stores = (str(after.fields["store"]) for after in left if after)
    written = tuple(dict.fromkeys(chain.from_iterable(map(parts, stores))))
    facts: dict[str, object] = {"reference": None, "implied": ("store",), "written": written}
    if past is None:
        return Resource(address, {}, {**facts, "because": NOT_THERE})
    facts |= past.facts
    if past.facts.get("unset"):
        return Resource(address, {}, {**facts, "because": "it was not set before"})
    store = str(past.fields["store"])
    if store == BOTH:
        # The value is that of the store which the file wanted, or of the server's.
        store = str(left[0].fields["store"]) if left[0] else parts(BOTH)[0]
        facts["lost"] = f"stood in both stores; only what the store {store} had comes back."
    return Resource(address, {**past.fields, "store": store}, facts)


KIND = Kind(
    name="setting",
    document_key="settings",
    spec=_spec,
    fold=True,
    check=_check,
    scope_name=lambda key, _: key if is_custom(key.lower()) else None,
    declare=_declare,
    queries=_queries,
    actual=_actual,
    adopt=_adopt,
    recall=_recall,
    removable=_removable,
    statements=statements_for,
    migrate=_migrate,
    refusals=lambda survey: lints.refusals(survey, _server(survey.rows, survey.context)),
    hazards=lambda change, _: lints.hazards(change, stores_of(sides(change)[1])),
    notes=lambda survey: lints.notes(survey, _server(survey.rows, survey.context)),
    rights=_rights,
)
