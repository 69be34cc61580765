"""What the commands that only look have in common: a file, a database, one snapshot of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from cpctl.cli.kept import keep
from cpctl.cli.options import (
    SECTIONS_OF_VALUES,
    Common,
    SecretsMode,
    TextOrJson,
    progress,
    read_document,
)
from cpctl.cli.screen import show

if TYPE_CHECKING:
    from cpctl.core.watched import View
    from cpctl.document import Document
    from cpctl.postgres.session import Session

Format = Annotated[TextOrJson, typer.Option(help="How to show it.")]
Found = TypeVar("Found")


def common_of(
    file: list[str] | None, database_url: str | None, env_file: list[str] | None, *, quiet: bool
) -> Common:
    """What such a command was given: it needs no secret, and has nothing to allow."""
    return Common(file, database_url, env_file, SecretsMode.skip.value, None, quiet)


def document_of(common: Common) -> Document:
    """The file, whose urls and settings may lack their variables. Raises InputError."""
    return read_document(common, unread=SECTIONS_OF_VALUES)


def look(common: Common, name: str, at: Callable[[Document, Session], Found]) -> Found:
    """Connect, and look; what passes is tried again. Raises CpctlError, Refused."""
    from cpctl.postgres.retry import patiently
    from cpctl.postgres.session import Session

    document = document_of(common)

    def once() -> Found:
        with Session(common.server, f"cpctl {name}") as session:
            return at(document, session)

    with progress("Reading the database", quiet=common.quiet):
        found = patiently(once, common.say)
    keep(document, found)
    return found


def look_at_jobs(common: Common, name: str) -> View:
    """The jobs and how they ran. Raises CpctlError, Refused."""
    from cpctl.operate.view import view

    return look(common, name, view)


def show_either(
    format: TextOrJson,
    text: Callable[[], str],
    json: Callable[[], Mapping[str, object]],
    *,
    plain: bool,
) -> None:
    """The text for people, or the JSON for programs; only that one is made."""
    if format == TextOrJson.json:
        from cpctl.render.as_json import dumps

        print(dumps(json()))
    else:
        show(text(), plain=plain)
