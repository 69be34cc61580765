"""A plan that went through its JSON reads the same in every format, and holds no secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cpctl.core.change import Create, Delete, Update
from cpctl.core.codec import checksum, decode
from cpctl.core.finding import Finding
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Sealed
from cpctl.core.statement import Hole, Statement
from cpctl.render.as_json import dumps, plan_json
from cpctl.render.markdown import plan_markdown
from cpctl.render.sql import plan_sql
from cpctl.render.text import plan_text
from tests.unit.render.plans import WHY, changed, hazard, job, plan, resource, setting

FORMATS: dict[str, Callable[[Plan], str]] = {
    "text": plan_text,
    "verbose": lambda made: plan_text(made, verbose=True),
    "json": lambda made: dumps(plan_json(made)),
    "markdown": plan_markdown,
    "sql": plan_sql,
}
NASTY = "it's \"$1\" \\ $$ \x1b[31m \u202e\ud800 ü\n -- $2\n\tE'\\'"
MAIN = job("main", "*/5 * * * *", line=31)
KEY = setting("app.key", Sealed("digest-one"), "env:KEY")


def again(made: Plan) -> Plan:
    """The plan after a journey through a file."""
    return decode(json.loads(dumps(plan_json(made))))


def call(address: Address, *params: Any, **more: Any) -> Statement:
    holes = ", ".join(f"${n}" for n, _ in enumerate(params, 1))
    return Statement(f"SELECT cron.schedule({holes})", params, address, **more)


def secret_plan() -> Plan:
    system = 'ALTER SYSTEM SET "app"."key" = $1'
    database = "ALTER DATABASE postgres SET app.other FROM CURRENT"
    other = setting("app.other", Sealed("digest-two"), "file:~/it's here")
    unknown = setting("app.unknown", Sealed(None), "env:NONE")
    return plan(
        changed(KEY, value=Sealed("digest-three")),
        Create(other),
        Create(unknown),
        Delete(setting("app.old", Sealed("digest-four")), WHY),
        statements=(
            Statement(system, (Hole("env:KEY"),), KEY.address, "system", placeholder="app.key"),
            Statement(database, (Hole("file:~/it's here"),), other.address, placeholder="app.o"),
            Statement("ALTER SYSTEM RESET app.old", (), KEY.address, "system", late=True),
        ),
        incomplete=(unknown.address, Address("setting", "app.same")),
    )


def text_plan() -> Plan:
    main = MAIN.address
    return plan(
        changed(MAIN, command=f"SELECT 1\nFROM {NASTY}", active=False),
        changed(job(NASTY, command="SELECT 1;\n-- a\n-- b", line=7), command="SELECT 1;\n-- b"),
        Create(job("(a)/b.c", command=NASTY, line=12)),
        Create(setting("search_path", ("a", NASTY))),
        Create(resource(Address("toy", "x"), {"n": 3, "deep": {"a": ("b", None)}}, implied=())),
        Delete(job("old"), WHY),
        Update(MAIN._replace(address=Address("job", "z")), MAIN, "why not"),
        statements=(
            call(main, NASTY, 7, None, role=NASTY),
            call(main, NASTY, role=NASTY),
            call(main, "a\\", "b"),
            Statement('ALTER SYSTEM SET "a$1\x07"."b" = $1', (NASTY,), main, "system"),
            Statement("ALTER DATABASE d SET a.b FROM CURRENT", (NASTY,), main, placeholder="a.b"),
        ),
    )


def said_plan() -> Plan:
    gone = Delete(job("old"), WHY)
    where = Address("job", "same_0")
    return plan(
        gone,
        unchanged=3,
        hazards=hazard(gone, "DELETES_JOB", NASTY),
        notes=(Finding("PAUSED", "is paused.", where), Finding("ELSE", NASTY)),
        refusals=(
            Finding("MISSING_RIGHT", "alter_job", where, "GRANT x TO y;"),
            Finding("STANDBY", "it is a standby", None, "connect to the primary"),
        ),
        unmanaged=(Address("job", "(unnamed, jobid 5)"), Address("setting", "app.theirs")),
    )


PLANS = {"secrets": secret_plan, "texts": text_plan, "words": said_plan, "none": plan}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("made", PLANS.values(), ids=PLANS)
def test_it_reads_the_same_afterwards(made: Callable[[], Plan], form: str) -> None:
    before = made()
    assert FORMATS[form](again(before)) == FORMATS[form](before)


def test_no_digest_is_in_it() -> None:
    saved = dumps(plan_json(secret_plan()))
    assert "digest-" not in saved
    assert "env:KEY" in saved  # the control: what stands for them is


def test_the_line_of_a_change_is_kept() -> None:
    assert "scheduler.yaml:31" in plan_text(again(plan(changed(MAIN, schedule="1 * * * *"))))


def test_a_plan_of_many_jobs_is_small() -> None:
    jobs = [Create(job(f"job_{n}", line=n + 1)) for n in range(1000)]
    made = plan(
        *jobs, statements=tuple(call(one.address, "n", "* * * * *", "SELECT 1;") for one in jobs)
    )
    document = json.loads(dumps(plan_json(made)))
    whole, record = (len(json.dumps(part)) for part in (document, document["record"]))
    assert record < whole / 3


@pytest.mark.parametrize("key", ["changes", "statements", "target", "record"])
def test_the_checksum_covers(key: str) -> None:
    document: dict[str, Any] = json.loads(dumps(plan_json(text_plan())))
    assert checksum(document) == document["record"]["sha256"]
    part = document[key][0] if isinstance(document[key], list) else document[key]
    name = "sql" if "sql" in part else next(iter(part))
    part[name] = f"{part[name]} "
    assert checksum(document) != document["record"]["sha256"]
