"""What a server says about its settings, gathered from the four catalogs that each know a part.

`pg_settings` never lists placeholders (app.x), sessions may be shadowed, and a RESET leaves '' in
them: docs/facts.md, section 2. The files are the truth of the system store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cpctl.core.guc import Guc, canonical, humane
from cpctl.core.text import Wrong

AUTO_CONF = "postgresql.auto.conf"
PENDING = "setting could not be applied"
"""What pg_file_settings says of a value that waits for a restart, and of one it cannot read."""


class Real(NamedTuple):
    """A real setting: `loaded` is a session's default, in base units; `boot` the built-in one."""

    guc: Guc
    context: str
    loaded: str
    boot: str
    source: str
    pending_restart: bool


class Entry(NamedTuple):
    """The last line for a name in the configuration files."""

    value: str
    file: str

    @property
    def auto(self) -> bool:
        """Whether it stands where ALTER SYSTEM can remove it."""
        return self.file.rsplit("/", 1)[-1] == AUTO_CONF


class Rights(NamedTuple):
    """What the role may do with a setting.

    `effective`: what a session has, where that was `asked`: of declared placeholders. `hidden`: a
    real setting whose value the role may not see.
    """

    alter_system: bool
    set: bool
    owns_database: bool
    asked: bool
    effective: str | None
    hidden: bool


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Everything by folded name. `shadows`: who overrules the files for this role, in words."""

    reals: dict[str, Real] = field(default_factory=dict)
    files: dict[str, Entry] = field(default_factory=dict)
    database: dict[str, str] = field(default_factory=dict)
    shadows: dict[str, str] = field(default_factory=dict)
    rights: dict[str, Rights] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def effective(self, name: str) -> str:
        """What a session has of a placeholder; empty for none, and after RESET."""
        rights = self.rights.get(name)
        return (rights.effective if rights else None) or ""

    def standing(self, name: str) -> str | None:
        """The files' value; where no reload has made it live, what sessions still have instead."""
        entry, real = self.files.get(name), self.reals.get(name)
        if entry is None or name in self.shadows:
            return entry and entry.value
        if real is not None:
            return entry.value if _live(real, entry) else humane(real.guc, real.loaded)
        rights = self.rights.get(name)
        return self.effective(name) if rights is not None and rights.asked else entry.value

    def without_files(self, name: str) -> str:
        """The server's own value of a real setting that stands in no file, in base units."""
        real = self.reals[name]
        return real.boot if name in self.shadows or real.source == "client" else real.loaded

    def pending_edits(self, ours: frozenset[str]) -> tuple[str, ...]:
        """Names that the next reload changes although nobody asked for it now."""
        found = []
        for name, real in self.reals.items():
            entry = self.files.get(name)
            if name in ours or real.context == "postmaster" or name in self.shadows:
                continue
            if entry is None:
                changes = real.source == "configuration file"
            else:
                changes = not _same(real.guc, entry.value, real.loaded)
            if changes:
                found.append(name)
        return tuple(sorted(found))


def _live(real: Real, entry: Entry) -> bool:
    """Whether sessions have the files' value, or none can be asked for it.

    Strings cannot be compared: the server rewrites some of them.
    """
    if real.context not in ("sighup", "superuser", "user") or real.source == "client":
        return True
    return real.guc.vartype == "string" or _same(real.guc, entry.value, real.loaded)


def _same(guc: Guc, left: str, right: str) -> bool:
    """As far as can be told: the server rewrites some strings (`iso, mdy` shows as `ISO, MDY`)."""
    try:
        return canonical(guc, left).lower() == canonical(guc, right).lower()
    except Wrong:
        return left == right


def read(rows: Mapping[str, Sequence[tuple[Any, ...]]], role: str, database: str) -> ServerSettings:
    """Fold the four answers; a later line of the files overrules an earlier one."""
    known = ServerSettings()
    for name, own, vartype, unit, enumvals, *rest in rows["reals"]:
        known.reals[name] = Real(Guc(own, vartype, unit, tuple(enumvals or ())), *rest)
    for name, value, file, _, error in rows["files"]:
        if name is not None and error in (None, PENDING):
            known.files[name] = Entry(value, file)
    for where, who, entry in rows["overrides"]:
        name, _, value = entry.partition("=")
        if who not in (None, role):
            continue
        if (where, who) == (database, None):
            known.database[name.lower()] = value
        known.shadows[name.lower()] = _setter(where, who)
    for name, *rights in rows["rights"]:
        known.rights[name] = Rights(*rights)
    known.errors.extend(_errors(rows["files"], known.reals))
    return known


def _setter(database: str | None, role: str | None) -> str:
    if role is None:
        return f"ALTER DATABASE {database} SET" if database else "ALTER ROLE ALL SET"
    return f"ALTER ROLE {role}{f' IN DATABASE {database}' if database else ''} SET"


def _errors(files: Sequence[tuple[Any, ...]], reals: Mapping[str, Real]) -> Iterator[str]:
    """Lines that no reload gets past; the server says PENDING of an unreadable value, too."""
    for name, _, file, line, error in files:
        real = reals.get(name)
        waits = error == PENDING and (real is None or real.context == "postmaster")
        if error is not None and not waits:
            yield f"{file}:{line}: {f'{name}: ' if name else ''}{error}"
