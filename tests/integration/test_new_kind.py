"""A new kind and a new expansion are one file each: dropped in, they work like ours."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.runner import Nursery, Result, Runner
from tests.servers import Database

SOURCE = Path(__file__).parents[2] / "src" / "cpctl"

TOYS = Path(__file__).parent / "new_kind"

HEAD = "version: 1\nname: house\n"
JOB = 'jobs:\n  nightly: {schedule: "0 3 29 2 *", command: SELECT 1}\n'
SCOPE = "scope: {lamps: [toy_*]}\n"
PAIRS = "pairs:\n  hall: {colour: red}\n"
LAMPS = 'lamps:\n  toy_desk: {colour: "it\'s \\\\ blue", watts: "7"}\n'
FULL = HEAD + SCOPE + JOB + PAIRS + LAMPS
ROWS = [
    ("other", "red", "1"),
    ("toy_desk", "it's \\ blue", "7"),
    ("toy_hall_left", "red", "5"),
    ("toy_hall_right", "red", "5"),
]


@pytest.fixture(scope="module")
def toyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Runs of a cpctl that has two files more than ours."""
    copy = tmp_path_factory.mktemp("copy")
    package = copy / "cpctl"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOYS / "kind.py", package / "kinds" / "toy.py")
    shutil.copy(TOYS / "expansion.py", package / "document" / "expand" / "toy.py")
    with Nursery(copy, [copy]) as nursery, closing(Runner(nursery, copy)) as runner:
        yield runner


@pytest.fixture
def house(database: Database, toyed: Runner) -> Iterator[Database]:
    """A database for the toys: with their table, and a lamp that is nobody's."""
    database.runner = toyed
    database.run("create table public.lamp (name text primary key, colour text, watts text)")
    database.run("insert into public.lamp values ('other', 'red', '1')")
    database.write(FULL)
    yield database
    database.run("drop table public.lamp")


def offline(folder: Path, runner: Runner, *arguments: str) -> Result:
    """A command that needs no server."""
    return runner.run(arguments, folder, {"HOME": str(folder)})


def rows(database: Database) -> list[tuple[Any, ...]]:
    return database.rows("select name, colour, watts from public.lamp order by name")


def written(database: Database, since: int) -> list[str]:
    """The first word of each statement of cpctl that changes a lamp."""
    verbs = ("INSERT INTO public.lamp", "UPDATE public.lamp", "DELETE FROM public.lamp")
    log = database.statements(since)
    return sorted(verb.split()[0] for entry in log for verb in verbs if verb in entry)


def apply(database: Database, *options: str) -> list[str]:
    """Apply; a second plan is empty. What was changed of the lamps, by the server's log."""
    since = database.log_position()
    done = database.cpctl("apply", "--auto-approve", *options)
    assert done.code == 0, done
    again = database.cpctl("plan", "--detailed-exitcode", *options)
    assert again.code == 0, again
    return written(database, since)


def planned(database: Database) -> Mapping[str, Any]:
    done = database.cpctl("plan", "--format", "json")
    assert done.code == 0, done
    return dict(json.loads(done.out))


@pytest.mark.parametrize("name", ["scheduler", "overlay"])
def test_the_schema_has_the_new_keys(tmp_path: Path, toyed: Runner, name: str) -> None:
    done = offline(tmp_path, toyed, "schema", name)
    assert done.code == 0, done
    schema = json.loads(done.out)
    assert {"lamps", "pairs", "jobs", "settings"} <= schema["properties"].keys()
    known = jsonschema.Draft202012Validator(schema)
    head = {"version": 1, "name": "house"} if name == "scheduler" else {}
    lamp = {"toy_desk": {"colour": "red"}}
    assert known.is_valid({**head, "scope": {"lamps": ["toy_*"]}, "lamps": lamp})
    assert known.is_valid({**head, "pairs": {"hall": {"colour": "red"}}})
    assert not known.is_valid({**head, "lamps": {"toy_desk": {"color": "red"}}})
    assert not known.is_valid({**head, "pairs": {"hall": {"colour": []}}})


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (LAMPS + "  toy_b:\n    colour: pink\n", "6:13", "a lamp cannot shine like that"),
        (LAMPS + "  toy_b: {color: red}\n", "5:11", "did you mean `colour`?"),
        ("lamps: [x]\n", "3:1", "`lamps` must be a mapping"),
        ("pairs:\n  hall: {}\n", "4:3", "needs `colour`"),
        ("pairs:\n  hall: {colour: pink}\n", "4:3", "a lamp cannot shine like that"),
        ("pairs:\n  9: {colour: red}\n", "4:3", "no name for one of pairs"),
        ("pairs: {desk: {colour: red}}\nlamps: {toy_desk_left: {colour: red}}\n", "3:9", "twice"),
        (SCOPE + "lamps: {desk: {colour: red}}\n", "4:9", "outside scope.lamps (toy_*)"),
        ("lamp: {desk: {colour: red}}\n", "3:1", "did you mean `lamps`?"),
    ],
)
def test_bad_input_is_refused_at_its_place(
    tmp_path: Path, toyed: Runner, text: str, place: str, words: str
) -> None:
    (tmp_path / "scheduler.yaml").write_text(HEAD + text, encoding="utf-8")
    done = offline(tmp_path, toyed, "validate")
    assert done.code == 1
    assert f"scheduler.yaml:{place}: " in done.err
    assert words in done.err


def test_validate_counts_what_the_expansion_made(tmp_path: Path, toyed: Runner) -> None:
    (tmp_path / "scheduler.yaml").write_text(FULL, encoding="utf-8")
    done = offline(tmp_path, toyed, "validate")
    assert done.code == 0, done
    assert "1 job, 3 lamps" in done.out
    printed = offline(tmp_path, toyed, "validate", "--print")
    assert 'colour: "red"  # scheduler.yaml:7:18' in printed.out


@pytest.mark.parametrize(
    ("text", "refused"),
    [(FULL, ["lamp.toy_desk", "lamp.toy_hall_left"]), (HEAD + SCOPE + JOB, ["scope.lamps"])],
    ids=["declared", "in scope"],
)
def test_a_migration_does_not_leave_it_out_in_silence(
    tmp_path: Path, toyed: Runner, text: str, refused: list[str]
) -> None:
    (tmp_path / "scheduler.yaml").write_text(text, encoding="utf-8")
    done = offline(tmp_path, toyed, "render")
    assert (done.code, done.out) == (3, "")
    for address in refused:
        assert f"{address} " in done.err
    assert "has no form that a migration can hold" in done.err


def test_it_is_the_copy_that_runs(tmp_path: Path, runner: Runner) -> None:
    """A positive control: without the two files, nobody knows these keys."""
    (tmp_path / "scheduler.yaml").write_text(FULL, encoding="utf-8")
    done = offline(tmp_path, runner, "validate")
    assert done.code == 1
    assert "unknown key `lamps`" in done.err
    assert "unknown key `pairs`" in done.err


def test_from_empty_to_applied_and_back(house: Database) -> None:
    summary = planned(house)["summary"]
    assert (summary["create"], summary["statements"], summary["unmanaged"]) == (4, 4, 1)
    assert "lamp.toy_hall_left will be created" in house.cpctl("plan").out
    assert apply(house) == ["INSERT"] * 3
    assert rows(house) == ROWS
    assert [name for name, _ in house.jobs()] == ["nightly"]
    assert house.cpctl("diff").code == 0
    house.write(HEAD + SCOPE + JOB)
    assert apply(house) == ["DELETE"] * 3
    assert rows(house) == ROWS[:1]


def test_a_change_by_hand_is_found_and_healed(house: Database) -> None:
    apply(house)
    house.run("update public.lamp set watts = '99' where name = 'toy_hall_left'")
    drift = house.cpctl("diff")
    assert drift.code == 2, drift
    assert "lamp.toy_hall_left: drifted. Changed in the database since apply 1" in drift.out
    (found,) = json.loads(house.cpctl("diff", "--format", "json").out)["resources"]
    assert found["fields"] == [{"name": "watts", "file": "5", "database": "99"}]
    assert apply(house) == ["UPDATE"]
    assert rows(house) == ROWS


@pytest.mark.parametrize("scope", [SCOPE, ""])
def test_null_deletes(house: Database, scope: str) -> None:
    """In the file itself with or without a scope; in an overlay it only takes the key out."""
    apply(house)
    house.write(HEAD + scope + JOB + PAIRS + "lamps: {toy_desk: null, toy_never: null}\n")
    assert apply(house) == ["DELETE"]
    house.write(FULL.replace(SCOPE, scope))
    overlay = house.write("lamps: {toy_desk: null}\n", "over.yaml")
    assert apply(house) == ["INSERT"]
    removed = apply(house, "-f", "scheduler.yaml", "-f", str(overlay))
    assert removed == (["DELETE"] if scope else [])


def test_every_format_shows_it_and_the_script_does_it(house: Database) -> None:
    assert "lamp.toy_hall_left" in house.cpctl("plan", "--format", "markdown").out
    script = house.cpctl("plan", "--format", "sql")
    assert script.code == 0, script
    done = subprocess.run(
        house.cluster.psql(), input=script.out, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done
    assert rows(house) == ROWS
    assert house.cpctl("plan", "--detailed-exitcode").code == 0


def test_a_saved_plan_of_it_is_applied_or_stale(house: Database) -> None:
    assert house.cpctl("plan", "--out", "plan.json").code == 0
    assert house.cpctl("apply", "plan.json", "--auto-approve").code == 0
    assert rows(house) == ROWS
    again = house.cpctl("apply", "plan.json", "--auto-approve")
    assert again.code == 5, again
