"""A file as one migration, for teams that deploy by `supabase db push` or a tool like it.

It is one DO statement: whoever runs it, in a transaction or without one, gets all of it or nothing,
and no setting of the session is left behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from textwrap import wrap
from typing import Any, Final, NamedTuple

from cpctl import __version__
from cpctl.core.finding import Finding
from cpctl.core.glob_regex import fitting
from cpctl.core.kind import Kind
from cpctl.core.migration import OF_A_SETTING, Offline, Script, raised, unknown_refusal
from cpctl.core.resource import Address
from cpctl.core.statement import Parameter
from cpctl.core.text import Text
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.sentences import gathered
from cpctl.render.parts.statements import parameter_sql
from cpctl.render.parts.values import width

_WIDTH: Final = 108
_HERE: Final = {
    "database": "current_database()::text",
    "system_identifier": "(SELECT c.system_identifier::text FROM pg_control_system() AS c)",
    "timezone": "coalesce((SELECT s.setting FROM pg_settings AS s WHERE s.name = 'cron.timezone'), "
    "'GMT')",
}
"""What the server itself can tell of the keys of `expect`."""


class Heading(NamedTuple):
    """What a migration says of the files it was made from. `expect`: their globs by key."""

    name: str
    files: Sequence[str]
    expect: dict[str, str]


class Refusal(NamedTuple):
    """Why there is no migration, as the parts of one error."""

    what: str
    details: tuple[str, ...]
    remedy: str


def quote(value: Parameter) -> str:
    """A literal in which SQL reads as it was written, where it has signs that quotes would double.

    Neither backslashes nor a server's settings change what stands between dollar signs.
    """
    prints = isinstance(value, str) and value.replace("\n", "").isprintable()
    if isinstance(value, str) and prints and ("'" in value or "\\" in value):
        tag = _tag("sql", value)
        return f"{tag}{value}{tag}"
    return parameter_sql(value)


def migration_sql(heading: Heading, scripts: Sequence[Script]) -> str:
    """The whole text, a newline at its end: the same bytes for the same files."""
    parts = (
        *_expectations(heading),
        *chain.from_iterable(script.checks for script in scripts),
        *chain.from_iterable(script.steps for script in scripts),
    )
    sections = (part.rstrip("\n") for part in parts or ("    NULL;",))
    body = "\nBEGIN\n{}\nEND\n".format("\n\n".join(sections))
    tag = _tag("cpctl", body)
    return "\n".join((*_head(heading, scripts), f"DO {tag}{body}{tag};", ""))


def scripts_of(
    kinds: Iterable[Kind], entries: Mapping[str, Mapping[Text, Any]], offline: Offline
) -> tuple[Script, ...]:
    """What each kind makes of its entries; one that makes nothing refuses them."""
    secrets = (
        str(key).removeprefix(OF_A_SETTING)
        for specs in entries.values()
        for key, spec in specs.items()
        if getattr(spec, "secret", None)
    )
    offline = offline._replace(left_out=frozenset(secrets))
    return tuple(_script(kind, entries.get(kind.document_key, {}), offline) for kind in kinds)


def _script(kind: Kind, entries: Mapping[Text, Any], offline: Offline) -> Script:
    if kind.migrate is not None:
        return kind.migrate(entries, offline)
    unknown = [Address(kind.name, key) for key in entries]
    if not unknown and kind.document_key in offline.scope:
        unknown = [Address("scope", kind.document_key)]
    return Script(refusals=tuple(map(unknown_refusal, unknown)))


def _tag(name: str, body: str) -> str:
    """A dollar quote that the body has not, nor its beginning: the end of one would complete it."""
    number = 0
    while f"${name}{number or ''}" in body:
        number += 1
    return f"${name}{number or ''}$"


def refusal(refusals: Sequence[Finding], files: Sequence[str]) -> Refusal:
    """All refusals as one error; each line tells its own way out, where they differ."""
    refusals = gathered(refusals)
    remedies = [*dict.fromkeys(escaped(found.remedy) for found in refusals)]
    across = width(escaped(str(found.address or "")) for found in refusals)
    lines = []
    for found in refusals:
        name = escaped(str(found.address or ""))
        way_out = f" ({escaped(found.remedy)})" if len(remedies) > 1 else ""
        lines.append(f"{name:<{across}}    {escaped(found.what)}{way_out}".strip())
    names = escaped(" + ".join(files))
    what = f"{names} cannot become a migration as it is. Nothing was written."
    one, *others = remedies
    remedy = "what each line says; or cpctl apply, which can do all of it" if others else one
    return Refusal(what, tuple(lines), remedy)


def _expectations(heading: Heading) -> Iterator[str]:
    for key, glob in heading.expect.items():
        if key in _HERE:
            said = f"{heading.files[0]} is not for this database: expect.{key} is {glob}, not "
            message = f"{quote(said)} || {_HERE[key]} || '. Nothing was changed'"
            fits = fitting(_HERE[key], glob, quote)
            yield f"    IF NOT ({fits}) THEN\n        {raised(message)}\n    END IF;"


def _head(heading: Heading, scripts: Sequence[Script]) -> Iterator[str]:
    made_from = " + ".join(heading.files)
    yield f"-- {escaped(heading.name)}: what {escaped(made_from)} declares, as a migration."
    yield f"-- Generated by cpctl {__version__}: change the file and render it again, not this."
    yield "--"
    for note in _notes(heading, scripts):
        yield from (
            f"-- {line}"
            for line in wrap(escaped(note), _WIDTH, break_long_words=False, break_on_hyphens=False)
        )
    skipped = [address for script in scripts for address in script.skipped]
    if skipped:
        yield "--"
        yield "-- Not in it, because they are secrets; cpctl apply sets them:"
        yield from (f"--   {escaped(str(address))}" for address in skipped)


def _notes(heading: Heading, scripts: Sequence[Script]) -> Iterator[str]:
    yield "It is one statement: all of it is done, or nothing. A second run changes nothing."
    yield from chain.from_iterable(script.notes for script in scripts)
    yield (
        "It cannot ask. No guard holds it back (MANY_DELETES, MANY_UPDATES, PROTECTED, "
        "require_allow and those of the ledger), and the ledger does not hear of it."
    )
    unseen = [f"expect.{key}" for key in heading.expect if key not in _HERE]
    if unseen:
        yield f"It does not know where it runs: {' and '.join(unseen)} cannot be checked."


def skipped_line(skipped: Sequence[Address]) -> str:
    """What stderr says of the secrets that were left out."""
    names = ", ".join(escaped(str(address)) for address in skipped)
    return f"Left out, because they are secrets: {names}. cpctl apply sets them."
