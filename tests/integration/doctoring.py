"""One fault at a time on a scheduler that is well, and what the doctor says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from tests.integration.pipeline import FILES
from tests.servers import Database


class Fault(NamedTuple):
    """What is broken by which statements, what mends it, and the codes that are found."""

    codes: str
    broken: Sequence[str]
    mended: Sequence[str]
    words: Sequence[str] = ()
    level: str = "fail"


def examined(
    database: Database, *options: str, files: Sequence[str] = FILES, **more: Any
) -> list[dict[str, Any]]:
    """The findings; exit 2 if there are any, and no check that could not see."""
    done = database.cpctl("doctor", *files, *options, "--format", "json", **more)
    assert done.code in {0, 2}, done
    document = json.loads(done.out)
    found: list[dict[str, Any]] = document["findings"]
    assert done.code == (2 if found else 0), done
    summary = document["summary"]
    levels = [check["result"] for check in document["checks"]]
    assert summary["good"] == levels.count("good")
    assert summary["failures"] == levels.count("fail")
    return found


def codes(found: Sequence[dict[str, Any]]) -> str:
    return " ".join(sorted({one["code"] for one in found}))


@contextmanager
def broken(database: Database, fault: Fault) -> Iterator[None]:
    for statement in fault.broken:
        database.run(statement)
    try:
        yield
    finally:
        for statement in fault.mended:
            database.run(statement)


def told(
    database: Database, faults: Sequence[Fault], *options: str, files: Sequence[str] = FILES
) -> None:
    """Each is found while it is there, by itself and with these words, and not a moment longer."""
    assert examined(database, *options, files=files) == []
    for fault in faults:
        with broken(database, fault):
            found = examined(database, *options, files=files)
            assert codes(found) == fault.codes, (fault, found)
            first = next(one for one in found if one["code"] == fault.codes.split()[0])
            assert first["level"] == fault.level, (fault, found)
            said = json.dumps(found, ensure_ascii=False)
            assert [word for word in fault.words if word not in said] == [], found
        assert examined(database, *options, files=files) == [], fault
