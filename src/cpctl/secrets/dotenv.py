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
    reference = f"dotenv:{rest}"
    data = read_private(path, reference)
    return None if data is None else _variables(path, data, reference).get(name)


def _variables(path: str, data: bytes, reference: str) -> dict[str, str]:
    """Raises CpctlError, outside of any handler: the error of a decoder holds what it decoded."""
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError:
        text = None
    if text is None:
        what = f"{reference}: the file is not UTF-8 text"
        raise CpctlError(what, remedy="save it as UTF-8")
    try:
        return parse_env_file(text, path)
    except InputError as error:
        fault = error.faults[0]
    raise CpctlError(f"{reference}: {fault.where}: {fault.what}", remedy=fault.remedy)
