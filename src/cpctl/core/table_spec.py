"""A table that an expansion brings, by its parts, each written as the catalog shows it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Column(BaseModel):
    """One column: its type and default as format_type and pg_get_expr write them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    nullable: bool = True
    default: str | None = None
    identity: Literal["always", "by default"] | None = None


class Policy(BaseModel):
    """One row security policy, permissive; conditions as pg_get_expr writes them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: Literal["all", "select", "insert", "update", "delete"] = "select"
    roles: tuple[str, ...]
    using: str | None = None
    check: str | None = None


class Spec(BaseModel):
    """A table; it belongs to the owner of the file's jobs.

    `constraints`: by name, as pg_get_constraintdef writes them. `indexes`: by name, what
    pg_get_indexdef writes from USING on, after UNIQUE where it is: `btree (started_at DESC)`,
    `UNIQUE btree (component) WHERE (status = 'open'::text)`. `grants`: privileges by role.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    in_schema: str = Field(alias="schema")
    name: str
    columns: dict[str, Column]
    constraints: dict[str, str] = {}
    indexes: dict[str, str] = {}
    row_security: bool = True
    policies: dict[str, Policy] = {}
    grants: dict[str, tuple[str, ...]] = {}
