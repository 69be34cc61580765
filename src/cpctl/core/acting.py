"""As whom a statement for somebody else's resource can run, and the right that is missing."""

from __future__ import annotations

from typing import Literal

from cpctl.core.capabilities import Capabilities
from cpctl.core.sql import identifier

Acting = Literal["self", "superuser", "assumed"]


def acting(owner: str, capabilities: Capabilities) -> Acting | None:
    """How the connected role can write what `owner` owns; None: it cannot."""
    if owner == capabilities.role:
        return "self"
    if capabilities.superuser:
        return "superuser"
    rights = capabilities.owners.get(owner)
    return "assumed" if rights is not None and rights.assumable else None


def functions_for(owner: str, capabilities: Capabilities) -> frozenset[str]:
    """The cron functions that whoever acts for `owner` may call."""
    if acting(owner, capabilities) == "assumed":
        return capabilities.owners[owner].functions
    return capabilities.functions


def caller(owner: str, capabilities: Capabilities) -> str:
    """The role whose rights count when acting for `owner`."""
    return owner if acting(owner, capabilities) == "assumed" else capabilities.role


def cron_usage(owner: str, capabilities: Capabilities) -> bool:
    """Whether whoever acts for `owner` may use the schema cron at all."""
    if acting(owner, capabilities) == "assumed":
        return capabilities.owners[owner].cron_usage
    return capabilities.cron_usage


def membership(owner: str, capabilities: Capabilities) -> str:
    """The GRANT that lets the connected role act for `owner`, ready to paste."""
    rights = capabilities.owners.get(owner)
    option = " WITH SET TRUE" if rights is not None and rights.member else ""
    return grant(identifier(owner), capabilities.role, option)


def grant(right: str, role: str, option: str = "") -> str:
    """`GRANT right TO role;`, ready to paste."""
    return f"GRANT {right} TO {identifier(role)}{option};"
