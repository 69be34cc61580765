"""A function that an expansion brings, by its parts, each written as the catalog shows it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Spec(BaseModel):
    """A function; it belongs to the owner of the file's jobs.

    Whatever the server would write otherwise (types, defaults) stands here as the server writes
    it, so that equality is equality of texts. `arguments`: by name, the type and what follows it:
    `boolean DEFAULT true`; each has a name. `execute`: who may call it besides its owner, `public`
    for everybody. `requires`: extensions that the body calls, and the
    schema each is made in where it is not there yet; `@extschema:NAME@` in the body and in
    `config` stands for the schema that it is in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

    in_schema: str = Field(alias="schema")
    name: str
    arguments: dict[str, str] = {}
    returns: str
    language: Literal["plpgsql", "sql"] = "plpgsql"
    volatility: Literal["volatile", "stable", "immutable"] = "volatile"
    security: Literal["definer", "invoker"] = "definer"
    strict: bool = False
    parallel: Literal["unsafe", "restricted", "safe"] = "unsafe"
    config: tuple[str, ...] = ()
    body: str
    execute: tuple[str, ...] = ()
    requires: dict[str, str] = {}
