"""GRANT and REVOKE: from who may read and write a table to who shall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cpctl.core.table_shape import OPTION, role_sql

Grants = Mapping[str, tuple[str, ...]]


def access(table: str, before: Grants, after: Grants, owner: str) -> Iterator[str]:
    """As few statements as there are sets of privileges.

    What somebody passed on goes with it, so who has that option begins anew, and all others do.
    """
    if owner in before:
        yield f"GRANT ALL ON TABLE {table} TO {role_sql(owner)}"
    held = {role: set(before[role]) for role in before if role != owner}
    wanted = {role: set(after[role]) for role in after if role != owner}
    excess = {role: some - wanted.get(role, set()) for role, some in held.items()}
    if any(it.endswith(OPTION) for some in excess.values() for it in some):
        everybody = ", ".join(map(role_sql, sorted(held)))
        yield f"REVOKE ALL ON TABLE {table} FROM {everybody} CASCADE"
        held, excess = {}, {}
    for privileges, roles in _grouped(excess):
        yield f"REVOKE {privileges} ON TABLE {table} FROM {roles}"
    missing = {role: some - held.get(role, set()) for role, some in wanted.items()}
    plain = {role: {it for it in some if not it.endswith(OPTION)} for role, some in missing.items()}
    passed = {
        role: {it.removesuffix(OPTION) for it in some if it.endswith(OPTION)}
        for role, some in missing.items()
    }
    for privileges, roles in _grouped(plain):
        yield f"GRANT {privileges} ON TABLE {table} TO {roles}"
    for privileges, roles in _grouped(passed):
        yield f"GRANT {privileges} ON TABLE {table} TO {roles}{OPTION}"


def _grouped(given: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Privileges, and the roles that have exactly these."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for role, some in given.items():
        if some:
            groups.setdefault(tuple(sorted(some)), []).append(role_sql(role))
    for privileges, roles in sorted(groups.items()):
        yield ", ".join(privileges), ", ".join(sorted(roles))
