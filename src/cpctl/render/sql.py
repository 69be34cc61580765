"""A plan as a script, for teams whose changes go through psql and not through a tool.

It reaches the same end on every server that cpctl knows; it cannot do what needs a program: ask
again under a lock, verify before the commit, put settings back. Its head says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain, groupby

from cpctl.core.plan import Plan
from cpctl.core.sql import identifier, parameter_name
from cpctl.core.statement import Hole, Statement
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.sentences import (
    coded,
    counts,
    files,
    gathered,
    header,
    remarks,
    said,
    settled,
)
from cpctl.render.parts.statements import (
    inlined,
    parameter_sql,
    printable_sql,
    takes_current,
    variable,
)

_PAUSES = (0.02, 0.2, 1, 4)
"""Seconds between looks at whether a reload has happened; 8 ms is usual."""

_LOADED = "extract(epoch FROM pg_conf_load_time())"

_SETUP = (
    "\\set ON_ERROR_STOP on",
    "\\set AUTOCOMMIT on",
    "\\set ECHO none",
    "\\encoding UTF8",
)


def plan_sql(plan: Plan) -> str:
    """The script; where there is nothing to do it says so, and does nothing."""
    if not plan.statements:
        return f"-- {header(plan)}\n-- {settled(plan)}"
    system = [s for s in plan.statements if s.channel == "system" and not s.late]
    within = [s for s in plan.statements if s.channel == "transaction" and not s.late]
    late = [s for s in plan.statements if s.late]
    sections = (
        _head(plan),
        _SETUP,
        _secrets(plan.statements),
        _system("-- Settings first: no job may run before its settings are live.", system),
        _transaction(within),
        _system("-- Settings that go, go last: no job may run without them.", late),
    )
    return "\n\n".join("\n".join(section) for section in sections if section)


def _head(plan: Plan) -> list[str]:
    hazards = ((where, hazard) for where, found in plan.hazards.items() for hazard in found)
    return [
        f"-- {header(plan)}",
        f"-- {counts(plan)}, from {files(plan)}; state of {escaped(plan.as_of)}.",
        "-- Run it with psql 15 or later, and not in one transaction:  psql -X -f FILE",
        "-- It stops at the first error. It does not look at what changed since it was made, and",
        "-- puts no setting back; cpctl apply does both.",
        *(f"-- Note: {remark}" for remark in remarks(plan)),
        *(f"-- Refused: {said(finding)}" for finding in gathered(plan.refusals)),
        *(f"-- ! {escaped(str(where))}: {coded(hazard)}" for where, hazard in hazards),
    ]


def _secrets(statements: Sequence[Statement]) -> list[str]:
    """All of them are looked at before anything is written."""
    holes = (p.reference for s in statements for p in s.params if isinstance(p, Hole))
    return [line for reference in dict.fromkeys(holes) for line in _secret(reference)]


def _secret(reference: str) -> list[str]:
    """A psql variable with the secret; a shell says whether it is empty, so that no server hears.

    Only psql's own quoting (`:'cpctl_source'`) puts the name into the shell's command.
    """
    scheme, _, name = reference.partition(":")
    if scheme not in _SOURCES:
        return [_fail(f"{reference} cannot be read by psql; use cpctl apply")]
    name_it, read_it = _SOURCES[scheme]
    return [
        *name_it(name),
        *(line.format(variable=variable(reference)) for line in read_it),
        "\\if :cpctl_given",
        "\\else",
        _fail(f"{reference} is missing or empty; nothing was written"),
        "\\endif",
    ]


def _variable_name(name: str) -> list[str]:
    return [f"\\set cpctl_source {_argument(name)}"]


def _path(path: str) -> list[str]:
    """`~/` is the home directory, as it is for cpctl."""
    note = "-- The file without the newline at its end; its path counts from where psql runs."
    if not path.startswith("~/"):
        return [note, f"\\set cpctl_source {_argument(path)}"]
    return [
        note,
        "\\getenv cpctl_home HOME",
        f"\\set cpctl_source :cpctl_home {_argument(path[1:])}",
    ]


_Source = tuple[Callable[[str], list[str]], tuple[str, str]]
_SOURCES: dict[str, _Source] = {
    "env": (
        _variable_name,
        (
            "\\getenv {variable} :cpctl_source",
            "\\set cpctl_given `test -n \"$(printenv :'cpctl_source')\" && echo on || echo off`",
        ),
    ),
    "file": (
        _path,
        (
            "\\set {variable} `cat :'cpctl_source'`",
            "\\set cpctl_given `test -n \"$(cat :'cpctl_source')\" && echo on || echo off`",
        ),
    ),
}


def _argument(text: str) -> str:
    """A quoted argument of a psql command."""
    signs = ("\\" + sign if sign in "\\'" else sign for sign in text)
    return f"'{''.join(map(_spelled, signs))}'"


def _spelled(signs: str) -> str:
    if signs.isprintable():
        return signs
    return "".join(f"\\x{byte:02x}" for byte in signs.encode(errors="surrogatepass"))


def _fail(message: str) -> str:
    body = f"BEGIN RAISE EXCEPTION USING MESSAGE = {parameter_sql(message)}; END"
    return f"DO {parameter_sql(body)};"


def _system(title: str, statements: Sequence[Statement]) -> list[str]:
    if not statements:
        return []
    return [title, *chain.from_iterable(map(_alter_system, statements)), *_reload()]


def _alter_system(statement: Statement) -> list[str]:
    """Below PostgreSQL 17 a session must know a custom name before ALTER SYSTEM takes it."""
    altered = _hushed(statement, f"{inlined(statement)};")
    if not statement.placeholder:
        return altered
    name = printable_sql(parameter_name(statement.placeholder))
    return [f"SET {name} = '';", *altered, f"RESET {name};"]


def _hushed(statement: Statement, line: str) -> list[str]:
    """PostgreSQL's messages quote values; of a statement with a secret only the code is shown."""
    if not any(isinstance(param, Hole) for param in statement.params):
        return [line]
    return ["\\set VERBOSITY sqlstate", line, "\\set VERBOSITY default"]


def _reload() -> list[str]:
    """A session sees a reload between two statements only, so the wait is a row of looks."""
    look = f"SELECT {_LOADED} > :cpctl_before AS cpctl_live \\gset"
    lines = [f"SELECT {_LOADED} AS cpctl_before, pg_reload_conf() AS cpctl_sent \\gset"]
    lines.append("\\set cpctl_live off")
    for pause in _PAUSES:
        sleep = f"SELECT pg_sleep({pause}) AS cpctl_slept \\gset"
        lines += ["\\if :cpctl_live", "\\else", sleep, look, "\\endif"]
    late = "the reload did not happen; see pg_file_settings for an error in the server's files"
    return [*lines, "\\if :cpctl_live", "\\else", _fail(late), "\\endif"]


def _transaction(statements: Sequence[Statement]) -> list[str]:
    if not statements:
        return []
    grouped = groupby(statements, key=lambda statement: statement.role)
    return [
        "BEGIN;",
        "SET LOCAL search_path = pg_catalog;",
        "SET LOCAL lock_timeout = '10s';",
        *(f"{printable_sql(made)};" for made in _setup(statements)),
        *chain.from_iterable(_acting(role, group) for role, group in grouped),
        "COMMIT;",
    ]


def _setup(statements: Sequence[Statement]) -> Iterable[str]:
    return dict.fromkeys(made.strip() for s in statements for made in s.setup)


def _acting(role: str | None, statements: Iterable[Statement]) -> list[str]:
    written = list(chain.from_iterable(map(_within, statements)))
    if role is None:
        return written
    return [f"SET LOCAL ROLE {printable_sql(identifier(role))};", *written, "RESET ROLE;"]


def _within(statement: Statement) -> list[str]:
    if not takes_current(statement):
        return [f"{inlined(statement)};"]
    name, value = parameter_sql(statement.placeholder), parameter_sql(statement.params[0])
    known = f"SELECT set_config({name}, {value}, true) IS NOT NULL AS cpctl_known \\gset"
    return [*_hushed(statement, known), *_hushed(statement, f"{printable_sql(statement.sql)};")]
