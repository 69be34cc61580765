"""What a server says about a role that is to get rights, and about PUBLIC."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cpctl.core.kind import Query
from cpctl.core.rights import Grantee

_SQL = (Path(__file__).parent / "grantee.sql").read_text(encoding="utf-8")


def grantee_query(role: str, owners: Sequence[str]) -> Query:
    """For the pipeline of the inspection. `owners`: whose jobs the file declares."""
    return Query("grantee", _SQL, (role, list(owners)))


def read_grantee(name: str, row: Sequence[Any]) -> Grantee:
    """The answer to `grantee_query`."""
    facts: list[Any] = [frozenset(it) if isinstance(it, list) else it for it in row]
    return Grantee(name, *facts)
