"""The options that commands share, and the environment they fall back to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from threading import Timer
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cpctl.errors import CpctlError

if TYPE_CHECKING:
    from cpctl.document import Document
    from cpctl.postgres.connect import Server
    from cpctl.scene import Task

PATIENCE = 1.0
"""Seconds before progress is shown."""


class SecretsMode(StrEnum):
    auto = "auto"
    skip = "skip"
    require = "require"


class TextOrJson(StrEnum):
    text = "text"
    json = "json"


class DriftFormat(StrEnum):
    text = "text"
    markdown = "markdown"
    json = "json"


class PlanFormat(StrEnum):
    text = "text"
    markdown = "markdown"
    json = "json"
    sql = "sql"


Files = Annotated[
    list[str] | None,
    typer.Option(
        "--file", "-f", help="The file; repeat for overlays; - is stdin. [default: scheduler.yaml]"
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        help="A libpq URL. Else CPCTL_DATABASE_URL, DATABASE_URL, or the PG* variables.",
        show_default=False,
    ),
]
EnvFiles = Annotated[
    list[str] | None,
    typer.Option("--env-file", help="NAME=value lines for what the environment lacks."),
]
SecretsOption = Annotated[
    SecretsMode | None,
    typer.Option("--secrets", help="auto: compare what has a value; skip: none; require: all."),
]
Allow = Annotated[
    list[str] | None,
    typer.Option(help="Guards and hazards to allow, by name: MANY_DELETES,DELETES_JOB."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Plain text (also: NO_COLOR).")]
Debug = Annotated[bool, typer.Option("--debug", help="Tracebacks; never a secret.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="List what is not managed, too.")]


class Common(NamedTuple):
    """What every command that plans was given."""

    files: list[str] | None
    database_url: str | None
    env_files: list[str] | None
    secrets: str
    allow: list[str] | None
    quiet: bool

    def say(self, what: str) -> None:
        """Progress, for whoever waits."""
        if not self.quiet:
            print(what, file=sys.stderr, flush=True)

    @property
    def server(self) -> Server:
        """The database to talk to."""
        from cpctl.postgres.connect import Server
        from cpctl.postgres.words import LIBPQ

        if self.database_url:
            return Server(self.database_url, "--database-url")
        environment = read_environment(self.env_files)
        for name in ("CPCTL_DATABASE_URL", "DATABASE_URL"):
            if environment.get(name):
                return Server(environment[name], name)
        named = any(map(os.environ.get, ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE")))
        return Server("", LIBPQ if named else "")


def read_environment(env_files: list[str] | None) -> dict[str, str]:
    """The process's environment over the --env-file's; an empty variable counts as unset."""
    from cpctl.document import filled, parse_env_file, read_source

    known: dict[str, str] = {}
    for path in env_files or ():
        source = read_source(path)
        known |= parse_env_file(source.text, source.name)
    return filled(os.environ, known)


SECTIONS_OF_VALUES = ("urls", "secrets", "settings")
"""What they hold is for plan and apply; whoever only looks at jobs needs no variable of theirs."""


def read_document(
    common: Common, *, resolve: bool = True, pg_cron: str = "", unread: tuple[str, ...] = ()
) -> Document:
    """The files as one document. `pg_cron`: judge for this version, not for any.

    `unread`: sections whose variables may be missing.
    Raises InputError.
    """
    from cpctl.document import env_file_beside, known_parts, load, read_sources

    sources = read_sources(common.files or ["scheduler.yaml"])
    environment = read_environment(common.env_files)
    hint = env_file_beside(sources[0].name)
    parts = known_parts(pg_cron, unread)
    return load(sources, environment, resolve=resolve, env_file_with=hint, parts=parts)


def read_task(common: Common) -> Task:
    """The document with its secrets. Raises InputError."""
    from cpctl.cli.who import run_of
    from cpctl.scene import Task
    from cpctl.secrets import Secrets

    allow = allowed(common)
    secrets = Secrets(read_environment(common.env_files), SecretsMode(common.secrets).value)
    return Task(read_document(common), secrets, allow, run_of(os.environ))


def allowed(common: Common) -> frozenset[str]:
    """What --allow names. Raises CpctlError for what is neither a guard nor a hazard."""
    from cpctl.core.guard import ALLOWABLE

    allow = frozenset(name for names in common.allow or () for name in names.split(",") if name)
    unknown = sorted(allow - ALLOWABLE)
    if unknown:
        raise CpctlError(
            f"--allow {unknown[0]}: no guard or hazard has this name",
            remedy=f"one of {', '.join(sorted(ALLOWABLE))}",
        )
    return allow


@contextmanager
def progress(what: str, *, quiet: bool) -> Iterator[None]:
    """Say on stderr what is being waited for, once a second has passed."""
    timer = Timer(PATIENCE, lambda: print(f"{what} …", file=sys.stderr, flush=True))
    timer.daemon = True
    if not quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
