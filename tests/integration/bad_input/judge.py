"""What holds for the answer to every bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import psycopg

from ground import Cluster
from tests.integration.bad_input.case import Bad
from tests.runner import ROOT, Result

_SUCCESS = re.compile(r"(?i)complete|no changes|no drift|is valid|\bwrote\b|\bjobid \d")
_PROGRESS = re.compile(r"^(Reading the database …|.*; trying again \(\d of 3\)\.)\n", re.MULTILINE)
_COUNT = re.compile(r"\n\d+ errors?\. .*\Z")


def words_of(answer: Result, place: str) -> str:
    """What is said, without its label, its place and what is the same for every fault of a file."""
    said = re.sub("^(Error|Refused): ", "", answer.err.strip())
    return _COUNT.sub("", said.removeprefix(place))


def judge_text(bad: Bad, answer: Result, place: str) -> None:
    """One message on stderr, as its row says, and no success on stdout."""
    assert answer.code == bad.exit, (answer.code, answer.out, answer.err)
    assert not _SUCCESS.search(answer.out), answer.out
    _clean(bad, answer)
    _matches(bad, _only_message(answer.err, "Refused: " if bad.exit == 3 else "Error: "), place)


def _only_message(err: str, label: str) -> str:
    """One `Error:` with its details, or one fault of a file with the count below it."""
    err = _PROGRESS.sub("", err).strip()
    lines = err.splitlines()
    assert lines, "nothing on stderr"
    if lines[0].startswith(label):
        assert len(re.findall("^(Error|Refused): ", err, re.MULTILINE)) == 1, err
        assert err.count("Remedy: ") == 1, err
        return err.removeprefix(label)
    assert len(lines) == 2, f"more than one message, or none:\n{err}"
    assert _COUNT.search(err.strip()), err
    return lines[0]


def judge_json(bad: Bad, answer: Result, place: str) -> None:
    """One JSON document on stdout, of the published schema, with the same one error."""
    assert answer.code == bad.exit, (answer.code, answer.out, answer.err)
    _clean(bad, answer)
    assert not re.search("Error|Remedy", answer.err), answer.err
    document = json.loads(answer.out)
    schema = json.loads((ROOT / "schemas/errors.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    assert len(document["errors"]) == 1, document
    (error,) = document["errors"]
    _matches(bad, _as_text(error), place)


def _as_text(error: dict[str, Any]) -> str:
    where = f"{error['where']}: " if error["where"] else ""
    details = "".join(f"\n{line}" for line in error.get("details", ()))
    remedy = f"\nRemedy: {error['remedy']}" if error["remedy"] else ""
    return f"{where}{error['what']}{details}{remedy}"


def _matches(bad: Bad, message: str, place: str) -> None:
    assert message.startswith(place), f"expected at {place}:\n{message}"
    for pattern in (bad.says, bad.remedy):
        assert re.search(pattern, message, re.DOTALL), f"expected /{pattern}/ in:\n{message}"


def _clean(bad: Bad, answer: Result) -> None:
    assert "Traceback" not in answer.err + answer.out, answer.err
    assert "in cpctl itself" not in answer.err + answer.out, answer.err
    assert_no_secret(bad, answer)


def assert_no_secret(bad: Bad, answer: Result) -> None:
    assert not bad.secret or bad.secret not in answer.out + answer.err, answer


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder there, with its mode and its bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, data)
    return found


def server_state(cluster: Cluster, admin: psycopg.Connection[Any]) -> tuple[Any, ...]:
    """What an apply could have changed: jobs, settings as the server reads them, and their file."""
    (known,) = admin.execute("select to_regclass('cron.job')").fetchone() or (None,)
    jobs = admin.execute("select * from cron.job order by jobid").fetchall() if known else []
    files = admin.execute("select * from pg_file_settings order by sourcefile, seqno").fetchall()
    roles = admin.execute("select * from pg_db_role_setting order by 1, 2").fetchall()
    text = (cluster.data_directory / "postgresql.auto.conf").read_bytes()
    return jobs, files, roles, text
