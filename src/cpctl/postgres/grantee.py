"""What a server says about a role that is to get rights, and about PUBLIC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cpctl.core.kind import Query
from cpctl.core.rights import Grantee, Public

_SQL = (Path(__file__).parent / "grantee.sql").read_text(encoding="utf-8")
_ROLE = "exists superuser inherits database_owner owner_superuser".split()
_OWNERS = "superusers lenders sovereign".split()


def grantee_query(role: str, owners: Sequence[str]) -> Query:
    """For the pipeline of the inspection. `owners`: whose jobs the file declares."""
    return Query("grantee", _SQL, (role, list(owners)))


def read_grantee(name: str, row: Sequence[Any]) -> Grantee:
    """The answer to `grantee_query`."""
    names = (*_ROLE, *Public._fields, *_OWNERS)
    values = (frozenset(found) if isinstance(found, list) else found for found in row)
    facts: dict[str, Any] = dict(zip(names, values, strict=True))
    public = Public(**{field: facts.pop(field) for field in Public._fields})
    return Grantee(name=name, public=public, **facts)
