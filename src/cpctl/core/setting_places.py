"""Where a setting stands, who may remove it from there, and whether its value may be shown."""

from __future__ import annotations

from cpctl.core.guc import is_custom
from cpctl.core.kind import Context
from cpctl.core.resource import Address, Resource, Sealed, Value
from cpctl.core.setting_calls import parts
from cpctl.core.settings import ServerSettings


def public(name: str, text: str, declared: Resource | None, context: Context) -> bool:
    """Whether the value may be shown: not what is a secret, or may have been one."""
    known = context.memory.recall(Address("setting", name))
    left = known.fields.get("value") if known else None
    if declared is not None and declared.fields and declared.facts["reference"] is None:
        return not isinstance(left, Sealed) or declared.fields["value"] == text
    # A name that no longer stands in the file may have been a secret when it did.
    return left == text


def places(
    name: str, declared: Resource | None, server: ServerSettings, context: Context
) -> dict[str, str]:
    """Where the setting stands, store → text: the wanted store, and what may be removed elsewhere.

    An undeclared database setting is not removable where the server is the file's store; a rollback
    removes whatever its applies wrote.
    """
    entry, standing = server.files.get(name), server.standing(name)
    found: dict[str, str] = {}
    wanted = declared.fields.get("store") if declared else None
    written = declared.facts.get("written") if declared else None
    removable = _removable_stores(name, wanted, context)
    if isinstance(written, tuple):
        removable = written
    ours = wanted == "system" or (entry is not None and entry.auto and "system" in removable)
    if entry and standing is not None and ours:
        found["system"] = standing
    elif declared is None and entry is None and _lingers(name, server, context):
        found["system"] = ""
    effective = "" if context.capabilities.file_settings else server.effective(name)
    if wanted == "system" and effective:
        found["system"] = effective
    if name in server.database and (wanted == "database" or "database" in removable):
        found["database"] = server.database[name]
    return found


def _lingers(name: str, server: ServerSettings, context: Context) -> bool:
    """Whether only sessions have it, since an apply that died had not reloaded yet."""
    return str(Address("setting", name)) in context.memory.lingering and name not in server.shadows


def _removable_stores(name: str, wanted: Value, context: Context) -> tuple[str, ...]:
    if wanted is not None and owned(name, context) is None:
        return ()
    known = None if "settings" in context.scope else context.memory.recall(Address("setting", name))
    if known is not None:
        return parts(str(known.fields["store"]))
    if wanted is not None or context.store != "system":
        return ("system", "database")
    return ("system",)


def _scope_pattern(name: str, context: Context) -> str | None:
    scope = context.scope.get("settings")
    return scope.pattern(name) if scope is not None and is_custom(name) else None


def owned(name: str, context: Context) -> str | None:
    """Why this file may remove the setting: its scope, or where none is stated, an apply of it."""
    if str(Address("setting", name)) in context.memory.lingering:
        return "an apply that did not end removed it, and sessions still have it"
    if "settings" not in context.scope and is_custom(name):
        return context.memory.reason(Address("setting", name), context.file)
    pattern = _scope_pattern(name, context)
    return pattern and f"it is not in {context.file}, and scope.settings has {pattern}"
