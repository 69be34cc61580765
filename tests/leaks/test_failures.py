"""Every way in which a run can end that nobody wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
import pytest

from tests.faults.work import ALL
from tests.leaks.place import APPLY, ENV_FILE, PROGRAM, Place
from tests.leaks.relay import Change, Relay, spoiled
from tests.leaks.ways import PLAIN, ROLE
from tests.runner import Done

KEY = int.from_bytes(b"cpctl")
Command = tuple[str, ...]
WITH_DATABASE: tuple[Command, ...] = (
    ("plan", "--format", "json", *ENV_FILE),
    ("diff", *ENV_FILE),
    (*APPLY, *ENV_FILE),
    ("rollback", "--auto-approve", *ENV_FILE),
    ("history", *ENV_FILE),
    ("history", "show", "1", *ENV_FILE),
    ("grants", "--for", "apply", "--role", ROLE, *ENV_FILE),
    ("jobs", *ENV_FILE),
    ("runs", *ENV_FILE),
)
OF_A_FILE = WITH_DATABASE[:4]
DEBUG = ("--debug",)
WRITING = re.compile(
    r"cpctl_secrets|ALTER SYSTEM|cron\.alter_job|(INTO|UPDATE) cpctl\.|vault\.\w+_secret\(|^COMMIT"
)

plain = pytest.mark.parametrize("way", PLAIN, ids=str, indirect=True)


@plain
def test_a_refusal_shows_no_secret(place: Place) -> None:
    place.write(place.file(expect={"database": "another"}))
    for arguments in OF_A_FILE:
        done = place.run("refused", *arguments, *DEBUG)
        assert done.code in (0, 3), done
        assert "another" in done.out + done.err
    place.tally.verdict()


@plain
def test_rights_that_are_missing_show_no_secret(place: Place) -> None:
    if place.way.role != ROLE:
        place.admin.execute(f"create role {ROLE} login".encode())
    place.admin.execute(f"create role nobody login in role {ROLE}".encode())
    place.admin.execute(b"alter role nobody noinherit")
    for arguments in OF_A_FILE:
        done = place.run("no rights", *arguments, *DEBUG, url=place.url(user="nobody"))
        assert done.code in (0, 1, 2, 3), done
    place.tally.verdict()


@contextmanager
def locked(place: Place) -> Iterator[None]:
    with psycopg.connect(place.cluster.url(), application_name="the test") as session:
        session.execute(f"select pg_advisory_xact_lock({KEY})".encode())
        yield
        session.rollback()


@plain
def test_a_held_lock_shows_no_secret(place: Place) -> None:
    with locked(place):
        for form in ("text", "json"):
            asked = (*APPLY, *ENV_FILE, "--lock-timeout", "100ms", "--format", form, *DEBUG)
            assert place.run("lock held", *asked).code == 4
    place.tally.verdict()


@pytest.mark.parametrize("way", PLAIN[-1:], ids=str, indirect=True)
def test_a_server_that_lets_nobody_in_is_told_without_the_password(place: Place) -> None:
    place.admin.execute(b"create role needs_password login password 'right'")
    nowhere, good = place.url(port=1), place.url(port=place.cluster.port)
    urls = {
        "unreachable": nowhere,
        "wrong password": place.url(port=place.cluster.port, user="needs_password"),
        "no such database": good.replace("/postgres?", "/nowhere?"),
        "no such option": f"{good}&nonsense=1",
        "unreadable": good.replace("postgresql://", "postgresql:/"),
        "password in another place": good.replace("@127.0.0.1", "@@127.0.0.1"),
    }
    for outcome, url in urls.items():
        for arguments in WITH_DATABASE:
            form = () if "--format" in arguments else ("--format", "json")
            more = form if outcome == "wrong password" and "grants" not in arguments else DEBUG
            done = place.run(outcome, *arguments, *more, url=url)
            assert done.code == 1, done
    place.tally.verdict()


@pytest.mark.parametrize("way", PLAIN[-1:], ids=str, indirect=True)
def test_a_secret_that_cannot_be_had_or_kept_is_not_shown(place: Place) -> None:
    for name in ("kept.txt", "printed.txt", "dot.env"):
        for outcome, data in unreadable(place).items():
            (place.folder / name).write_bytes(data)
            for arguments in OF_A_FILE[::2]:
                place.run(f"{name}: {outcome}", *arguments, *DEBUG)
        (place.folder / name).chmod(0o666)
        assert place.run(f"{name}: writable", "plan", *ENV_FILE, *DEBUG).code in (0, 1)
        place.give()
    lines = {"KEY": f"{place['new']}\n{place['new']}"}
    for arguments in OF_A_FILE:
        place.run("two lines", *arguments, *DEBUG, environment=lines)
    place.tally.verdict()


def unreadable(place: Place) -> dict[str, bytes]:
    texts = [place[label] for label in ("kept", "printed", "dotted")]
    whole = "\n".join(texts)
    return {"latin 1": whole.encode("latin-1"), "a NUL": f"{whole}\0".encode(), "": whole.encode()}


@pytest.mark.parametrize("way", PLAIN[-1:], ids=str, indirect=True)
def test_a_program_that_fails_says_nothing(place: Place) -> None:
    ends = {"it fails": "exit 3", "it takes too long": "sleep 5", "it is killed": "kill -9 $$"}
    for outcome, end in ends.items():
        place.write(f"{PROGRAM}{end}\n", "program")
        for arguments in OF_A_FILE[:3]:
            quick = {"CPCTL_SECRETS_TIMEOUT": "0.2"}
            done = place.run(outcome, *arguments, *DEBUG, environment=quick)
            assert done.code == 1, done
    place.tally.verdict()


class Apply(NamedTuple):
    """One that nothing disturbs: its statements, and the first that writes."""

    statements: list[str]
    writes: int


def an_apply(place: Place) -> Apply:
    place.others = {}
    place.old_state()
    with place.behind() as relay:
        assert apply_through(place, "good", relay).code == 0
    place.restore()
    writes = next(n for n, sql in enumerate(relay.statements) if WRITING.search(sql))
    return Apply(relay.statements, writes)


def apply_through(place: Place, outcome: str, relay: Relay) -> Done:
    return place.run(outcome, *APPLY, *ENV_FILE, *DEBUG, url=place.url(relay.port))


def spoiling(at: int) -> Change:
    return lambda number, sql: spoiled(sql) if number == at else sql


def killing(place: Place, at: int) -> Change:
    def change(number: int, sql: str) -> str:
        if number == at:
            place.runner.kill()
        return sql

    return change


@plain
def test_whichever_statement_fails_no_secret_is_shown(place: Place) -> None:
    """What only reads is the same for every store: each of them breaks a part of it."""
    statements, writes = an_apply(place)
    mine, ways = PLAIN.index(place.way), len(PLAIN)
    points = [
        n
        for n, sql in enumerate(statements)
        if ALL or n % ways == mine or (n >= writes and WRITING.search(sql))
    ]
    failed = 0
    for at in points:
        with place.behind(spoiling(at)) as relay:
            done = apply_through(place, f"statement {at} fails: {statements[at][:50]}", relay)
        failed += done.code != 0
        place.restore()
    assert failed > len(points) / 2
    place.tally.verdict()


@plain
def test_whenever_it_is_killed_no_secret_is_left(place: Place) -> None:
    statements, writes = an_apply(place)
    points = [n for n in range(writes, len(statements)) if ALL or WRITING.search(statements[n])]
    killed = 0
    for at in points:
        with place.behind(killing(place, at)) as relay:
            killed += apply_through(place, f"killed at statement {at}", relay).code == -9
        place.restore()
    assert killed > len(points) / 2
    place.tally.verdict()


@contextmanager
def quoted_by_the_server(place: Place) -> Iterator[None]:
    """Whatever is to be written, the server refuses it, with the value in its words."""
    place.excuses = frozenset({"server log"})
    place.admin.execute(_QUOTING_VAULT if place.way.store == "vault" else _QUOTING_TABLE)
    yield
    place.excuses = frozenset()


_QUOTING_VAULT = b"""
create or replace function vault.update_secret(
    secret_id uuid, new_secret text = null, new_name text = null, new_description text = null,
    new_key_id uuid = null
) returns void language plpgsql as $$ begin
    raise exception 'not %', new_secret using detail = new_secret, hint = new_secret;
end $$
"""
_QUOTING_TABLE = b"""
create or replace function public.quoting() returns trigger language plpgsql as $$ begin
    raise exception 'not %', new.value using detail = new.value, hint = new.value;
end $$;
create or replace trigger quoting before update on cpctl.secrets
for each row execute function public.quoting()
"""


@pytest.mark.parametrize("way", PLAIN[-2:], ids=str, indirect=True)
def test_what_the_server_quotes_is_not_repeated(place: Place) -> None:
    for form in ("text", "json"):
        asked = (*APPLY, *ENV_FILE, "--format", form, *DEBUG)
        with quoted_by_the_server(place):
            done = place.run("the server quotes it", *asked)
        assert done.code == 1, done
    place.tally.verdict()
