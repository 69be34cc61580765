"""`edge_functions:` → trigger functions, what they log to, and the jobs that look after them.

All of it is data, in packs/edge_functions: here it is only told what the file says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from cpctl.core.sql import identifier, literal
from cpctl.core.text import Text, Wrong
from cpctl.document.expand import Around, Entry, Expansion, Heading
from cpctl.document.packs import filled, pack
from cpctl.document.stores import Reading, reading

if TYPE_CHECKING:
    from cpctl.document.runtime import EdgeFunction, Runtime

_PACK: Final = "edge_functions"
_SEARCH_PATH: Final = ("search_path=pg_catalog, pg_temp",)

_ABOUT: Final = ("each", "readers", "transport")
"""What a pack says about a function, not of it."""

NONE: Final = "none"
"""Said of a key or a log: this function has none."""

_LONGEST: Final = 63 - len("trigger_")
"""Bytes: PostgreSQL cuts longer names, and the longest of its functions is this much longer."""

Values = dict[str, str]


def _spec() -> type[EdgeFunction]:
    from cpctl.document.runtime import EdgeFunction

    return EdgeFunction


def _runtime() -> type[Runtime]:
    from cpctl.document.runtime import Runtime

    return Runtime


def _judge(name: Text, spec: EdgeFunction, around: Around) -> None:
    """Raises Wrong."""
    headings, urls = around.head.headings, around.sections["urls"]
    if name is next(iter(around.sections[_PACK])):
        _judge_runtime(headings.get("runtime", ...), around)
    if len(name) > _LONGEST:
        what = f"trigger_{name} is over 63 bytes, and PostgreSQL would cut it"
        raise Wrong(what, f"a name of at most {_LONGEST}, and `url` for the rest")
    _known(spec.url or name, urls, "urls", "url")
    if spec.key not in (None, NONE):
        _known(str(spec.key), around.sections["secrets"], "secrets", "key")
    elif spec.key is None and len(around.sections["secrets"]) != 1:
        count = len(around.sections["secrets"]) or "no"
        what = f"the file has {count} secrets, so it is not clear which one `{name}` sends"
        raise Wrong(what, "key: NAME, or key: none")
    if spec.log not in (None, NONE):
        _known(
            str(spec.log), dict.fromkeys(pack(_PACK)["logs"].values()), "the tables of logs", "log"
        )


def _judge_runtime(runtime: object, around: Around) -> None:
    """`runtime`: None where the file has none; where it is wrong, that is said elsewhere."""
    if runtime is None:
        raise Wrong(
            "edge functions are called by an extension, and the file does not say by which",
            "runtime: {transport: http} waits for each answer; {transport: pg_net} does not, and "
            "looks for it afterwards",
        )
    scope = around.head.scope.get("jobs")
    if scope is None or not isinstance(runtime, _runtime()):
        return
    for job in upkeep(runtime, around.head.name):
        if not scope.covers(job):
            what = f"scope.jobs ({', '.join(scope.patterns)}) leaves out the runtime's job {job}"
            raise Wrong(what, f"add {job} to it")


def _known(name: str, there: Mapping[Any, Any], where: str, field: str) -> None:
    if name not in there:
        near = get_close_matches(name, list(map(str, there)), n=1)
        remedy = f"did you mean {near[0]}?" if near else f"one of {', '.join(map(str, there))}"
        raise Wrong(f"`{name}` is not in {where}", remedy if there else "add it there", field)


def upkeep(runtime: Runtime, file: str) -> dict[str, Any]:
    """The runtime's own jobs by name, of the file that has this one."""
    stem = re.sub(r"[^A-Za-z0-9_]", "_", file)
    jobs = pack(_PACK)["jobs"].items()
    wanted = ((name, job) for name, job in jobs if getattr(runtime, job.get("when", "recovery")))
    return {f"{stem}_{name}": job for name, job in wanted}


def _expand(entries: Mapping[Text, EdgeFunction], around: Around) -> Iterable[Entry]:
    runtime = around.head.headings.get("runtime")
    if not entries or not isinstance(runtime, _runtime()):
        return
    first, values = next(iter(entries)), _values(entries, runtime, around)
    requires = {"http": _schema_of_http(around)}
    yield from _extension(runtime, around, first)
    for name, columns in pack(_PACK)["tables"].items():
        yield _table(name, filled(columns, values), runtime, first)
    for function in pack(_PACK)["functions"]:
        if function.get("transport", runtime.transport) == runtime.transport:
            if function.get("each"):
                for name, spec in entries.items():
                    own = {**values, **_own_values(name, spec, around)}
                    yield _function(filled(function, own), requires, runtime, name)
            else:
                yield _function(filled(function, values), requires, runtime, first)
    yield from _jobs(runtime, around, values, first)


def _extension(runtime: Runtime, around: Around, origin: Text) -> Iterator[Entry]:
    if runtime.transport not in around.sections["extensions"]:
        yield Entry("extensions", runtime.transport, {}, origin)


def _schema_of_http(around: Around) -> str:
    """Where the extension is made, if it has to be."""
    from cpctl.core.extension_spec import USUAL_SCHEMA

    declared = around.sections["extensions"].get(Text("http"))
    return getattr(declared, "in_schema", None) or USUAL_SCHEMA


def _table(name: str, parts: Mapping[str, Any], runtime: Runtime, origin: Text) -> Entry:
    readers = runtime.readers
    fields: dict[str, Any] = {**parts, "schema": runtime.in_schema, "name": name}
    if readers:
        fields["grants"] = dict.fromkeys(readers, ("SELECT",))
        fields["policies"] = {"readers": {"command": "select", "roles": readers, "using": "true"}}
    return Entry("tables", f"{identifier(runtime.in_schema)}.{identifier(name)}", fields, origin)


def _function(
    parts: Mapping[str, Any], requires: Mapping[str, str], runtime: Runtime, origin: Text
) -> Entry:
    fields = {key: part for key, part in parts.items() if key not in _ABOUT}
    fields |= {"schema": runtime.in_schema, "requires": requires}
    fields.setdefault("config", _SEARCH_PATH)
    if parts.get("readers"):
        fields["execute"] = runtime.readers
    types = ", ".join(one.partition(" DEFAULT ")[0] for one in parts.get("arguments", {}).values())
    name = f"{identifier(runtime.in_schema)}.{identifier(parts['name'])}({types})"
    return Entry("functions", name, fields, origin)


def _jobs(runtime: Runtime, around: Around, values: Values, origin: Text) -> Iterator[Entry]:
    for name, job in upkeep(runtime, around.head.name).items():
        fields = {part: job[part] for part in ("schedule", "command")}
        yield Entry("jobs", name, filled(fields, values), origin)


def _values(entries: Mapping[Text, EdgeFunction], runtime: Runtime, around: Around) -> Values:
    """What is the same for all functions."""
    known = [(name, spec, _own_values(name, spec, around)) for name, spec in entries.items()]
    rows = (
        f"({own['name']}, {literal(f'trigger_{name}')}, {own['url_label']}, {own['timeout_ms']}, "
        f"{own['retries']}, {own['log']})"
        for name, spec, own in known
    )
    return {
        "schema": identifier(runtime.in_schema),
        "schema_name": literal(runtime.in_schema),
        "transport": literal(runtime.transport),
        "file": literal(around.head.name),
        "jobs": _jobs_condition(around),
        "upkeep": f"ARRAY[{', '.join(map(literal, upkeep(runtime, around.head.name)))}]::text[]",
        "functions": ",\n        ".join(rows),
        "recovery": runtime.recovery,
        "backoff_ms": str(runtime.backoff),
        "retention": f"{runtime.retention} days",
    }


def _jobs_condition(around: Around) -> str:
    """The SQL condition under which a job `j` is one of the file's."""
    scope = around.head.scope.get("jobs")
    if scope is not None:
        from cpctl.core.glob_regex import matching

        return matching("j.jobname", scope, literal)
    jobs = around.sections["jobs"].items()
    names = ", ".join(literal(str(getattr(spec, "name", None) or key)) for key, spec in jobs)
    return f"j.jobname = ANY (ARRAY[{names}]::text[])"


def _own_values(name: Text, spec: EdgeFunction, around: Around) -> Values:
    """What is one function's own."""
    url = _url(spec.url or name, around)
    key = _key(spec, around)
    log = spec.log or pack(_PACK)["logs"].get(name, NONE)
    return {
        "function": name,
        "name": literal(str(name)),
        "url": url.sql,
        "url_label": literal(url.label),
        "key": key.sql if key else "NULL",
        "key_label": literal(key.label if key else None),
        "timeout_ms": str(spec.timeout),
        "retries": str(spec.retries),
        "log": literal(None if log == NONE else log),
    }


def _url(name: str, around: Around) -> Reading:
    url = around.sections["urls"][Text(name)]
    return reading(f"{name}_url", url.to or around.head.store)


def _key(spec: EdgeFunction, around: Around) -> Reading | None:
    secrets = around.sections["secrets"]
    if spec.key == NONE:
        return None
    name = Text(spec.key or next(iter(secrets)))
    return reading(name, secrets[name].to or around.head.store)


EXPANSION = Expansion(
    document_key="edge_functions",
    spec=_spec,
    expand=_expand,
    judge=_judge,
    heading=Heading(
        "runtime", _runtime, "How edge functions are called, and where what calls them is kept."
    ),
)
