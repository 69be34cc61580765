"""The runtime of edge functions made with plain CREATE statements, from the pack's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

PACK = Path(__file__).parents[2] / "src/cpctl/packs/edge_functions"
SEARCH_PATH = "search_path=pg_catalog, pg_temp"
UPKEEP = ("content_pipeline_recovery", "content_pipeline_retention")
KEY = "eyJhbGciOiJIUzI1NiJ9.c2VydmljZQ.s3cr3t-of-the-role"


@dataclass(frozen=True)
class Edge:
    """One edge function, and where its URL and key stand."""

    timeout_ms: int = 1000
    retries: int = 3
    url: str = ""
    url_label: str = ""
    key: str | None = "current_setting('app.service_role_key', true)"


@dataclass(frozen=True)
class Runtime:
    """What a file would say: the transport, the schema, and the functions by name."""

    transport: str
    functions: Mapping[str, Edge]
    schema: str = "pipeline"
    owner: str = "postgres"
    jobs: str = "j.jobname like 'content\\_pipeline\\_%'"
    http_schema: str = "public"
    pack: dict[str, Any] = field(default_factory=lambda: yaml.safe_load(_text("pack.yaml")))

    @property
    def place(self) -> str:
        return _identifier(self.schema)

    def statements(self) -> Iterator[str]:
        for name, table in self.pack["tables"].items():
            yield from self._table(name, table)
        for declared in self.pack["functions"]:
            if declared.get("transport", self.transport) != self.transport:
                continue
            for name in self.functions if declared.get("each") else ("",):
                yield self._function(declared, name)

    def _table(self, name: str, table: Mapping[str, Any]) -> Iterator[str]:
        place = f"{self.place}.{name}"
        parts = [_column(column, shape) for column, shape in table["columns"].items()]
        parts += [f"constraint {key} {text}" for key, text in table["constraints"].items()]
        yield f"create table {place} ({', '.join(parts)})"
        yield f"alter table {place} enable row level security"
        for key, text in table["indexes"].items():
            unique, _, rest = text.partition("btree")
            yield f"create {unique} index {key} on {place} using btree{rest}"

    def _function(self, declared: Mapping[str, Any], name: str) -> str:
        own = _identifier(declared["name"].replace("@function@", name))
        arguments = ", ".join(f"{key} {kind}" for key, kind in declared["arguments"].items())
        body = self.filled(_text(declared["body"]), name)
        config = "".join(map(_set, declared.get("config", (SEARCH_PATH,))))
        return (
            f"create function {self.place}.{own}({arguments}) returns {declared['returns']} "
            f"language plpgsql {declared['volatility']} security {declared['security']} "
            f"{config} as {_literal(body)}"
        )

    def filled(self, body: str, name: str = "") -> str:
        for sign, value in {**self._everywhere(), **self._each(name)}.items():
            body = body.replace(f"@{sign}@", value)
        return body

    def _everywhere(self) -> dict[str, str]:
        rows = (
            f"({_literal(name)}, {_literal(f'trigger_{name}')}, {_literal(label(name, edge))}, "
            f"{edge.timeout_ms}, {edge.retries}, {_literal(self.pack['logs'].get(name))})"
            for name, edge in self.functions.items()
        )
        return {
            "schema": self.place,
            "schema_name": _literal(self.schema),
            "extschema:http": _identifier(self.http_schema),
            "transport": _literal(self.transport),
            "backoff_ms": "30000",
            "file": _literal("content-pipeline"),
            "jobs": self.jobs,
            "upkeep": f"ARRAY[{', '.join(map(_literal, UPKEEP))}]::text[]",
            "functions": ", ".join(rows),
        }

    def _each(self, name: str) -> dict[str, str]:
        if not name:
            return {}
        edge = self.functions[name]
        return {
            "name": _literal(name),
            "url": edge.url or f"current_setting('app.{name}_url', true)",
            "url_label": _literal(label(name, edge)),
            "key": edge.key or "NULL",
            "key_label": "'setting app.service_role_key'" if edge.key else "NULL",
        }


def label(name: str, edge: Edge) -> str:
    return edge.url_label or f"setting app.{name}_url"


@contextmanager
def installed(admin: psycopg.Connection[Any], runtime: Runtime) -> Iterator[Runtime]:
    """All of it, in a schema that goes away with the block."""
    owner = _identifier(runtime.owner)
    try:
        admin.execute(f"create schema {runtime.place} authorization {owner}".encode())
        run(admin, [f"set role {owner}", *runtime.statements()])
        admin.execute(
            f"revoke execute on all functions in schema {runtime.place} from public".encode()
        )
        admin.execute("reset role")
        yield runtime
    finally:
        admin.execute("reset role")
        admin.execute(f"drop schema if exists {runtime.place} cascade".encode())


def run(admin: psycopg.Connection[Any], statements: Sequence[str]) -> None:
    for statement in statements:
        admin.execute(statement.encode())


def _column(name: str, shape: Mapping[str, Any]) -> str:
    words = [_identifier(name), shape["type"]]
    if "identity" in shape:
        words.append(f"generated {shape['identity']} as identity")
    if "default" in shape:
        words.append(f"default {shape['default']}")
    if not shape.get("nullable", True):
        words.append("not null")
    return " ".join(words)


def _set(setting: str) -> str:
    name, _, value = setting.partition("=")
    return f" set {name} = {', '.join(map(_identifier, value.split(', ')))}"


def _text(name: str) -> str:
    return (PACK / name).read_text(encoding="utf-8")


def _literal(value: str | None) -> str:
    return sql.Literal(value).as_string(None)


def _identifier(name: str) -> str:
    return sql.Identifier(name).as_string(None)
