"""Input files → text; every way in which that fails has its own words."""

from __future__ import annotations

import codecs
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from cpctl.core.text import Source, Wrong
from cpctl.errors import Fault, InputError, Place

SIZE_LIMIT: Final = 32 * 1024 * 1024
STDIN: Final = "-"

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Remedies(NamedTuple):
    """What to do where it depends on what the file is for."""

    missing: str = "check the path"
    directory: str = "name a file"
    large: str = "check that it is the right file"


def read_sources(paths: Sequence[str], stdin: BinaryIO | None = None) -> tuple[Source, ...]:
    """The scheduler file and its overlays, or everything that is wrong with any of them.

    Raises InputError.
    """
    sources, faults = list[Source](), list[Fault]()
    for number, path in enumerate(paths):
        try:
            sources.append(_read(path, stdin, _remedies(path, number)))
        except InputError as error:
            faults.extend(error.faults)
    if paths.count(STDIN) > 1:
        faults.append(Fault("-f - stands twice, and standard input can be read once"))
    if faults:
        raise InputError(tuple(faults))
    return tuple(sources)


def _remedies(path: str, number: int) -> _Remedies:
    """For the file of that number, which only as the first is the scheduler file itself."""
    return _Remedies(
        "check the path after -f" if number else "check the path; cpctl init writes a first one",
        f"name a file: {Path(path) / 'scheduler.yaml'}",
        "check that it is the right file, or divide it: -f A -f B",
    )


def read_source(path: str, stdin: BinaryIO | None = None) -> Source:
    """Any other input file; `-` is standard input.

    Raises InputError.
    """
    return _read(path, stdin, _Remedies())


def read_beside(path: str) -> Source:
    """A file that another one names.

    Raises Wrong.
    """
    return Source(path, _text(path, _contents(path, _Remedies())))


class _BadByteError(Wrong):
    """Bytes that are not text, and where they stand."""

    def __init__(self, what: str, remedy: str, place: Place) -> None:
        super().__init__(f"{what} (line {place.line}, column {place.column})", remedy)
        self.bare, self.place = what, place


def _read(path: str, stdin: BinaryIO | None, remedies: _Remedies) -> Source:
    name = "<stdin>" if path == STDIN else path
    try:
        if path == STDIN:
            return Source(name, _text(name, _limited(stdin or sys.stdin.buffer, remedies)))
        return Source(name, _text(name, _contents(path, remedies)))
    except _BadByteError as wrong:
        fault = Fault(wrong.bare, str(wrong.place), wrong.remedy)
    except Wrong as wrong:
        fault = Fault(wrong.what, name, wrong.remedy)
    raise InputError((fault,))


def _contents(path: str, remedies: _Remedies) -> bytes:
    if "\x00" in path:
        raise Wrong("this is no path (it holds a NUL)", "check the path")
    try:
        with Path(path).open("rb") as file:
            return _limited(file, remedies)
    except FileNotFoundError:
        raise Wrong("there is no such file", remedies.missing) from None
    except IsADirectoryError:
        raise Wrong("this is a directory", remedies.directory) from None
    except PermissionError:
        raise Wrong("this user may not read it", f"chmod u+r {path}, or run as its owner") from None
    except OSError as error:
        raise Wrong(f"it cannot be read ({error.strerror})", "check the path") from None


def _limited(file: BinaryIO, remedies: _Remedies) -> bytes:
    """Everything in it, reading no more than is allowed: it may be a device without end."""
    data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        limit = f"it is larger than {SIZE_LIMIT // 1024**2} MB, which no scheduler needs"
        raise Wrong(limit, remedies.large)
    return data


def _text(name: str, data: bytes) -> str:
    if data.startswith(_UTF16):
        raise Wrong("it is UTF-16, not UTF-8", "save it as UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if 0 in data:
            raise _binary(name, data) from None
        what, place = (
            f"byte 0x{data[error.start]:02X} is not UTF-8",
            _place(name, data, error.start),
        )
        raise _BadByteError(what, "save the file as UTF-8", place) from None
    if "\x00" in text:
        raise _binary(name, data)
    return text


def _binary(name: str, data: bytes) -> Wrong:
    remedy = "name a text file; if it is one, remove the NUL"
    what = "this is a NUL byte, as only binary files have"
    return _BadByteError(what, remedy, _place(name, data, data.index(0)))


def _place(name: str, data: bytes, offset: int) -> Place:
    before = data[:offset].decode(errors="replace")
    return Source(name, before).place(len(before))
