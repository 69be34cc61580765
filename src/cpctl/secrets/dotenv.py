"""`dotenv:FILE#NAME`: one variable of a file of NAME=value lines, as --env-file reads them."""

from __future__ import annotations

import codecs

from cpctl.document import parse_env_file
from cpctl.errors import CpctlError, InputError
from cpctl.secrets.parts.around import Around
from cpctl.secrets.parts.private import read_private

SCHEME = "dotenv"
WAITS = True


def fetch(rest: str, _: Around) -> str | None:
    path, __, name = rest.rpartition("#")
    data = read_private(path, f"dotenv:{rest}")
    return None if data is None else _variables(path, data).get(name)


def _variables(path: str, data: bytes) -> dict[str, str]:
    """Raises CpctlError, outside of any handler: the error of a decoder holds what it decoded."""
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise CpctlError(f"{path} holds bytes that are not UTF-8", remedy="save it as UTF-8")
    try:
        return parse_env_file(text, path)
    except InputError as error:
        fault = error.faults[0]
    raise CpctlError(f"{fault.where}: {fault.what}", remedy=fault.remedy)
