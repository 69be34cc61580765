from __future__ import annotations

import re

from cpctl.core.change import Create, Delete
from cpctl.core.finding import Finding
from cpctl.core.resource import Address, Sealed
from cpctl.render.drift import drift_text
from tests.unit.render.plans import WHY, changed, job, plan, setting

HEAD = "content-pipeline <- deploy@db.internal:5432/postgres"
HEALTH = Finding("PAUSED", "is paused outside cpctl.", Address("job", "content_pipeline_health"))


def test_drift_at_three_in_the_morning() -> None:
    made = plan(
        changed(job("content_pipeline_main"), schedule="*/5 * * * *"),
        Create(job("content_pipeline_metrics")),
        Delete(job("content_pipeline_old"), WHY),
        notes=(HEALTH,),
        unmanaged=(Address("job", "a"), Address("job", "b")),
    )
    assert (
        drift_text(made)
        == f"""\
{HEAD}

# job.content_pipeline_main: drifted. schedule differs from the file
    file      "*/5 * * * *"    every 5 minutes
    database  "* * * * *"      every minute: 1 152 runs a day more
# job.content_pipeline_metrics: missing. The file declares it, the database lacks it
# job.content_pipeline_old: extra. The database has it, but {WHY}

Paused by hand: job.content_pipeline_health.  Unmanaged: 2 jobs (--verbose).
To take the file's side: cpctl apply.
Drift: 1 drifted, 1 missing, 1 extra."""
    )


def test_a_quiet_night() -> None:
    made = plan(unchanged=13, unmanaged=(Address("job", "a"),))
    assert drift_text(made) == f"{HEAD}\nNo drift. 13 resources match scheduler.yaml."
    assert drift_text(plan(unchanged=1)).endswith("No drift. 1 resource matches scheduler.yaml.")


def test_a_pause_alone_is_no_drift_and_is_said() -> None:
    made = plan(unchanged=2, notes=(HEALTH,))
    assert drift_text(made).split("\n")[1:] == [
        "",
        "Paused by hand: job.content_pipeline_health.",
        "No drift. 2 resources match scheduler.yaml.",
    ]


def test_all_paused_jobs_are_named() -> None:
    other = Finding("PAUSED", "is paused outside cpctl.", Address("job", "other"))
    made = plan(notes=(HEALTH, other))
    assert "by hand: job.content_pipeline_health, job.other.\n" in drift_text(made)


def test_a_secret_that_was_not_compared_is_not_counted_as_a_match() -> None:
    made = plan(unchanged=3, incomplete=(Address("job", "same_0"),))
    assert drift_text(made).split("\n")[2:] == [
        "Note: 1 secret was not compared, for want of a value: job.same_0.",
        "No drift. 2 resources match scheduler.yaml.",
    ]


def test_a_field_that_is_not_the_first_is_labelled() -> None:
    made = plan(changed(job("x"), active=False))
    assert drift_text(made).split("\n")[2:6] == [
        "# job.x: drifted. active differs from the file",
        "  active",
        "    file      false",
        "    database  true",
    ]


def test_several_fields_are_all_labelled() -> None:
    made = plan(changed(job("x"), schedule="1 * * * *", database="b", active=False))
    lines = drift_text(made).split("\n")
    assert lines[2] == "# job.x: drifted. schedule, database and active differ from the file"
    assert [line for line in lines if re.match(r"  \w", line)] == [
        "  schedule",
        "  database",
        "  active",
    ]


def test_each_line_of_a_long_command_says_on_which_side_it_stands() -> None:
    database = "-- nightly\nDELETE FROM t;\n\nCOMMIT;"
    file = "-- nightly\nDELETE FROM t WHERE old;\n\nCOMMIT;"
    made = plan(changed(job("x", command=database), command=file))
    assert drift_text(made).split("\n")[3:-3] == [
        "  command",
        "              @@ -1,4 +1,4 @@",
        "              | -- nightly",
        "    database  | DELETE FROM t;",
        "    file      | DELETE FROM t WHERE old;",
        "              |",
        "              | COMMIT;",
    ]


def test_a_secret_that_drifted_is_not_shown() -> None:
    made = plan(changed(setting("app.key", Sealed("a"), "env:K"), value=Sealed("b")))
    assert drift_text(made).split("\n")[3:5] == [
        "    file      (sensitive)",
        "    database  (sensitive, different)",
    ]


def test_there_are_no_arrows_and_no_signs() -> None:
    made = plan(
        changed(job("a", command="- x\n+ y"), command="- x\n+ z"),
        changed(setting("search_path", ("a",)), value=("b",)),
        Delete(job("c", command="- 1\n- 2"), WHY),
    )
    lines = drift_text(made, verbose=True).split("\n")[1:]
    assert not [line for line in lines if "->" in line or re.match(r" *[-+~]", line)]


def test_notes_other_than_pauses_stand_alone() -> None:
    note = Finding("SHADOWED", "is overruled by ALTER ROLE deploy SET.", Address("setting", "a.b"))
    made = plan(notes=(HEALTH, note), unmanaged=(Address("job", "a"),))
    assert drift_text(made, verbose=True).split("\n")[2:-1] == [
        "Note: setting.a.b is overruled by ALTER ROLE deploy SET.",
        "Paused by hand: job.content_pipeline_health.",
        "Unmanaged: 1 job.",
        "  job.a",
    ]
