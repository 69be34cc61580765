"""A scheduler file as plain data, and its YAML in several styles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tests.property import reals
from tests.property.reals import Written

Store = Literal["system", "database"]
Style = Literal["double", "single", "block"]

OWNER = "prop owner"
OTHER_DATABASE = "Prop's db"
KEEP = "keep_"
"""Names that begin with `prop_` or `app.` and then this are excluded from every scope."""


@dataclass(frozen=True)
class Job:
    schedule: str
    command: str
    database: str | None = None
    active: bool | None = None
    description: str | None = None


@dataclass(frozen=True)
class Known:
    """What a key of `jobs:` stands for: the server's name and the owner."""

    name: str
    owner: str = "postgres"


JOBS: Mapping[str, Known] = {
    "prop_plain": Known("prop_plain"),
    "prop_PLAIN": Known("prop_PLAIN"),
    "prop_Ä ö/ß": Known("prop_Ä ö/ß"),
    'prop_"q" it\'s; --': Known('prop_"q" it\'s; --'),
    "prop_%s $1 $$ \\ ${X}": Known("prop_%s $1 $$ \\ ${X}"),
    "prop_日本語🐘": Known("prop_日本語🐘"),
    "two lines": Known("prop_two\nlines\t#x: y "),
    "a variable?": Known("prop_${NOT_ONE}"),
    "prop_owned": Known("prop_owned", OWNER),
    "prop_owned/2": Known("prop_owned/2", OWNER),
}

URLS = ("sweeper", "Metrics")
SECRETS = ("service_key", "Order")
CUSTOM = (
    "app.alpha",
    "app.select",
    "app._x1",
    "app.sweeper_url",
    "app.prop_conf",
    "app.role_shadow",
    "app.database_shadow",
)
"""Settings of the file's own; a URL of that name may stand in the place of one."""

Value = Written | None


@dataclass(frozen=True)
class File:
    """One scheduler.yaml. Its settings are by folded name; `upper` names are written in capitals.

    `secrets` are the values that the environment has for them.
    """

    jobs: Mapping[str, Job] = field(default_factory=dict)
    settings: Mapping[str, Value] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    store: Store = "system"
    scope_jobs: bool = True
    scope_settings: bool = True
    default_active: bool | None = None
    style: Style = "double"
    upper: bool = False

    @property
    def custom(self) -> dict[str, str | None]:
        """Every setting of the file's own, by folded name."""
        found: dict[str, str | None] = {
            name: value
            for name, value in self.settings.items()
            if name not in reals.NAMES and not isinstance(value, tuple)
        }
        found.update((f"app.{name}_url".lower(), url) for name, url in self.urls.items())
        found.update((f"app.{name}".lower(), value) for name, value in self.secrets.items())
        return found

    @property
    def real(self) -> dict[str, Value]:
        return {name: value for name, value in self.settings.items() if name in reals.NAMES}

    @property
    def environment(self) -> dict[str, str]:
        return {_variable(name): value for name, value in self.secrets.items()}

    def covers_job(self, name: str | None) -> bool:
        """Whether the file may remove it."""
        return self.scope_jobs and bool(name) and _covered(str(name), "prop_")

    def covers_setting(self, name: str) -> bool:
        return self.scope_settings and _covered(name, "app.")

    def yaml(self) -> str:
        return "\n".join(_lines(self)) + "\n"


def _covered(name: str, prefix: str) -> bool:
    return name.startswith(prefix) and not name.startswith(prefix + KEEP)


def _variable(name: str) -> str:
    return f"PROP_{name.upper()}"


def _lines(file: File) -> Iterator[str]:
    yield "version: 1"
    yield "name: property"
    yield f"store: {file.store}"
    if file.scope_jobs or file.scope_settings:
        yield "scope:"
    if file.scope_jobs:
        yield '  jobs: ["prop_*", "!prop_keep_*"]'
    if file.scope_settings:
        yield '  settings: ["app.*", "!app.keep_*"]'
    if file.default_active is not None:
        yield f"defaults: {{active: {str(file.default_active).lower()}}}"
    yield from _section("urls", {k: scalar(escaped(v), file.style) for k, v in file.urls.items()})
    sources = {name: f'{{from: "env:{_variable(name)}"}}' for name in file.secrets}
    yield from _section("secrets", sources)
    yield from _section("settings", {_cased(k, file): _value(k, file) for k in file.settings})
    if file.jobs:
        yield "jobs:"
    for key, job in file.jobs.items():
        yield from _job(key, job, file.style)


def _section(key: str, entries: Mapping[str, str]) -> Iterator[str]:
    if entries:
        yield f"{key}:"
        yield from (f"  {quoted(name)}: {text}" for name, text in entries.items())


def _cased(name: str, file: File) -> str:
    return name.upper() if file.upper else name


def _value(name: str, file: File) -> str:
    value = file.settings[name]
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return f"[{', '.join(quoted(escaped(item)) for item in value)}]"
    plain = name in reals.MEANINGS and file.style != "double"
    return value if plain else scalar(escaped(value), file.style)


def _job(key: str, job: Job, style: Style) -> Iterator[str]:
    known = JOBS[key]
    yield f"  {quoted(key)}:"
    if job.description is not None:
        yield f"    description: {quoted(job.description)}"
    if known.name != key:
        yield f"    name: {quoted(escaped(known.name))}"
    if known.owner != "postgres":
        yield f"    username: {quoted(known.owner)}"
    yield f"    schedule: {scalar(job.schedule, style)}"
    if style == "block" and _fits_block(job.command):
        yield f"    command: |{'' if job.command.endswith(chr(10)) else '-'}"
        yield from (f"      {line}" if line else "" for line in job.command.splitlines())
    else:
        yield f"    command: {scalar(job.command, style)}"
    if job.database is not None:
        yield f"    database: {quoted(job.database)}"
    if job.active is not None:
        yield f"    active: {str(job.active).lower()}"


def _fits_block(text: str) -> bool:
    """Whether a block scalar of YAML can hold it without indentation or chomping signs."""
    body = text.removesuffix("\n")
    return text.replace("\n", "").isprintable() and body == body.strip() and bool(body)


def escaped(text: str) -> str:
    """The text where `${` would begin a variable."""
    return text.replace("${", "$${")


def scalar(text: str, style: Style) -> str:
    if style == "single" and text.isprintable():
        doubled = text.replace("'", "''")
        return f"'{doubled}'"
    return quoted(text)


def quoted(text: str) -> str:
    """A double-quoted scalar of YAML."""
    return '"' + "".join(map(_sign, text)) + '"'


def _sign(sign: str) -> str:
    if sign in '"\\':
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) <= 0xFFFF else f"\\U{ord(sign):08x}"
