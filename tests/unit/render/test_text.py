from __future__ import annotations

import re
import time

from cpctl.core.change import Create, Delete, Update
from cpctl.core.finding import Finding
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Sealed
from cpctl.render.markdown import plan_markdown
from cpctl.render.sql import plan_sql
from cpctl.render.text import plan_text, refusal_text
from tests.unit.render.plans import TARGET, WHY, changed, hazard, job, plan, resource, setting

HEAD = "content-pipeline -> deploy@db.internal:5432/postgres (PostgreSQL 17.12, pg_cron 1.6)"
CHANGE = re.compile(r"^ *[-+~]", re.MULTILINE)


def body(text: str) -> str:
    """Everything between the header and the counts."""
    head, _, rest = text.partition("\n\n")
    assert head == HEAD
    return rest.rpartition("\n\n")[0]


def test_the_first_plan() -> None:
    secret = Create(setting("app.service_role_key", Sealed("d1"), "env:SUPABASE_SERVICE_ROLE_KEY"))
    made = plan(
        Create(job("content_pipeline_cleanup", "0 2 * * *", "SELECT trigger_cleanup();")),
        secret,
        hazards=hazard(secret, "SECRET_IN_LOG", "the reload writes this value to the server's log"),
    )
    assert (
        plan_text(made)
        == f"""\
{HEAD}

# job.content_pipeline_cleanup will be created
  + schedule = "0 2 * * *"                    # at 02:00 every day; next Tue 24 Nov 02:00 GMT
  + command  = "SELECT trigger_cleanup();"
# setting.app.service_role_key will be created
  + value = (sensitive)                       # from env:SUPABASE_SERVICE_ROLE_KEY
  ! SECRET_IN_LOG: the reload writes this value to the server's log

Plan: 2 to create, 0 to update, 0 to delete (2 statements)."""
    )


def test_every_kind_of_change() -> None:
    main = changed(job("content_pipeline_main", "*/5 * * * *", line=31), schedule="*/10 * * * *")
    gone = Delete(job("content_pipeline_sweeper", "*/15 * * * *", "SELECT trigger_sweeper();"), WHY)
    paused = Finding(
        "PAUSED",
        "is paused outside cpctl. The file does not manage `active`: apply leaves it paused.",
        Address("job", "content_pipeline_health"),
    )
    made = plan(main, gone, hazards=hazard(gone, "DELETES_JOB"), notes=(paused,))
    assert (
        plan_text(made)
        == f"""\
{HEAD}

# job.content_pipeline_main will be updated in-place                        scheduler.yaml:31
  ~ schedule = "*/5 * * * *" -> "*/10 * * * *"
    # every 5 minutes -> every 10 minutes; 288 -> 144 runs a day; next 13:40, 13:50, 14:00 GMT
    # (3 unchanged attributes hidden)
# job.content_pipeline_sweeper will be deleted
  # (because {WHY})
  - schedule = "*/15 * * * *"                 # every 15 minutes
  - command  = "SELECT trigger_sweeper();"
  ! DELETES_JOB

Note: job.content_pipeline_health is paused outside cpctl. The file does not manage `active`: \
apply leaves it paused.
Plan: 0 to create, 1 to update, 1 to delete (2 statements)."""
    )


def test_in_sync_the_header_and_one_line_are_all() -> None:
    made = plan(unchanged=3, unmanaged=(Address("job", "foreign"),))
    assert plan_text(made) == f"{HEAD}\nNo changes. The database matches scheduler.yaml."


def test_in_sync_a_note_is_still_said() -> None:
    made = plan(notes=(Finding("PAUSED", "is paused.", Address("job", "x")),))
    assert plan_text(made).split("\n") == [
        HEAD,
        "",
        "Note: job.x is paused.",
        "No changes. The database matches scheduler.yaml.",
    ]


def test_a_plan_that_could_not_compare_everything_does_not_claim_to_match() -> None:
    made = plan(incomplete=(Address("setting", "app.key"),))
    assert plan_text(made).split("\n")[2:] == [
        "Note: 1 secret was not compared, for want of a value: setting.app.key.",
        "No changes. The database matches scheduler.yaml, apart from what was not compared.",
    ]


def test_what_a_kind_has_said_itself_is_not_said_again() -> None:
    key, other = Address("setting", "app.key"), Address("setting", "app.other")
    note = Finding("NOT_COMPARED", "was not compared: env:KEY has no value here.", key)
    assert plan_text(plan(incomplete=(key,), notes=(note,))).split("\n")[2:-1] == [
        "Note: setting.app.key was not compared: env:KEY has no value here.",
    ]
    text = plan_text(plan(incomplete=(key, other), notes=(note,)))
    assert "1 secret was not compared, for want of a value: setting.app.other." in text


def test_several_files_are_all_named() -> None:
    made = plan(files=("scheduler.yaml", "environments/staging.yaml"))
    assert "matches scheduler.yaml + environments/staging.yaml." in plan_text(made)


def test_unmanaged_resources_are_counted_and_named_when_asked() -> None:
    unmanaged = (Address("job", "a"), Address("job", "b"), Address("setting", "c.d"))
    made = plan(Create(job("x")), unmanaged=unmanaged)
    assert "\nUnmanaged: 2 jobs, 1 setting (--verbose).\nPlan: 1 to create" in plan_text(made)
    named = "\nUnmanaged: 2 jobs, 1 setting.\n  job.a\n  job.b\n  setting.c.d\nPlan: "
    assert named in plan_text(made, verbose=True)
    assert "  setting.c.d\nNo changes." in plan_text(plan(unmanaged=unmanaged), verbose=True)


def test_missing_rights_are_one_table_and_other_refusals_a_line_each() -> None:
    alter = (
        "GRANT EXECUTE ON FUNCTION cron.alter_job(bigint,text,text,text,text,boolean) TO deploy;"
    )
    sweeper = "GRANT ALTER SYSTEM ON PARAMETER app.sweeper_url TO deploy;"
    main, url = job("content_pipeline_main"), setting("app.sweeper_url", "x")
    twin = Finding(
        "DUPLICATE_JOB",
        "exists and belongs to deploy; you are postgres. A second one would run beside it",
        Address("job", "twin"),
        "defaults: {username: deploy}",
    )
    made = plan(
        changed(main, schedule="1 * * * *"),
        Create(url),
        Create(job("twin")),
        refusals=(
            Finding("MISSING_RIGHT", "alter_job", main.address, alter),
            twin,
            Finding("MISSING_RIGHT", "ALTER SYSTEM", url.address, sweeper),
            Finding("EMPTY_FILE", "the file declares no jobs", None, "--allow EMPTY_FILE"),
        ),
    )
    refused = f"""\
Refused: deploy may not do 2 of these 3 changes.
  job.content_pipeline_main   alter_job       {alter}
  setting.app.sweeper_url     ALTER SYSTEM    {sweeper}
Remedy: have a superuser run: cpctl grants --for apply --role deploy | psql
Refused: job.twin exists and belongs to deploy; you are postgres. A second one would run beside \
it. Remedy: defaults: {{username: deploy}}
Refused: the file declares no jobs. Remedy: --allow EMPTY_FILE"""
    assert plan_text(made).endswith(f"(3 statements).\n\n{refused}")
    assert refusal_text(made) == refused
    assert refusal_text(plan()) == ""


def test_what_holds_for_many_is_said_once() -> None:
    """A schema that is missing is one thing to mend, however many functions go there."""

    def missing(*names: str) -> tuple[Finding, ...]:
        remedy = "CREATE SCHEMA shop;"
        what = "there is no schema shop"
        return tuple(Finding("NO_SCHEMA", what, Address("table", one), remedy) for one in names)

    few = plan(Create(job("a")), refusals=missing("a", "b", "c"))
    assert refusal_text(few).count("Refused: ") == 3
    named = tuple(one._replace(code="TAKES_OVER") for one in missing(*"abcde"))
    assert refusal_text(plan(Create(job("a")), refusals=named)) == (
        "Refused: table.a there is no schema shop. The same holds for table.b, table.c, table.d, "
        "table.e. Remedy: CREATE SCHEMA shop;"
    )
    other = Finding("NO_ROLE", "there is no role x", Address("job", "a"))
    many = plan(Create(job("a")), refusals=(*missing(*"abcde"), other, *missing(*"fghi")))
    assert refusal_text(many) == (
        "Refused: table.a there is no schema shop. The same holds for 8 tables. "
        "Remedy: CREATE SCHEMA shop;\nRefused: job.a there is no role x"
    )
    assert plan_markdown(many).count("there is no schema shop") == 1
    assert plan_sql(many).count("-- Refused: ") == 2


def test_a_plan_of_one_change_is_refused_in_the_singular() -> None:
    made = plan(
        Create(job("x")),
        refusals=(Finding("MISSING_RIGHT", "schema cron", Address("job", "x"), "GRANT …;"),),
    )
    assert refusal_text(made).startswith("Refused: deploy may not do this change.\n")


def test_a_command_of_many_lines_is_a_unified_diff() -> None:
    before = "BEGIN;\n-- one\n-- two\nSELECT 1;\n\nSELECT 2;\nCOMMIT;\n"
    made = plan(changed(job("x", command=before), command=before.replace("SELECT 1", "SELECT 3")))
    assert (
        body(plan_text(made))
        == """\
# job.x will be updated in-place
  ~ command
    @@ -1,7 +1,7 @@
    | BEGIN;
    | -- one
    | -- two
    - SELECT 1;
    + SELECT 3;
    |
    | SELECT 2;
    | COMMIT;
    # (3 unchanged attributes hidden)"""
    )


def test_a_command_of_many_lines_is_a_block_where_it_comes_or_goes() -> None:
    made = plan(Create(job("x", command="-- nightly\nSELECT 1;\n\n+ 2\n")))
    assert (
        body(plan_text(made))
        == """\
# job.x will be created
  + schedule = "* * * * *"                    # every minute; next 13:38, 13:39, 13:40 GMT
  + command  =
    | -- nightly
    | SELECT 1;
    |
    | + 2"""
    )


def test_texts_that_differ_in_outer_newlines_only_are_shown_exactly() -> None:
    made = plan(changed(job("x", command="SELECT\n1"), command="SELECT\n1\n"))
    assert '  ~ command = "SELECT\\n1" -> "SELECT\\n1\\n"' in plan_text(made)


def test_the_signs_start_a_change_and_nothing_else() -> None:
    text = "\n".join(f"{sign} {n}" for n, sign in enumerate("-+~-+~-+~"))
    other = text.replace("~ 5", "~ five")
    made = plan(
        changed(job("a", command=text), command=other, schedule="1 * * * *"),
        Create(job("b", command=text)),
        Delete(job("c", command=text), WHY),
        notes=(Finding("X", "- not a change", None),),
        unmanaged=(Address("job", "- neither"),),
    )
    found = [line for line in plan_text(made, verbose=True).split("\n") if CHANGE.match(line)]
    words = "every minute; next 13:38, 13:39, 13:40 GMT"
    assert found == [
        '  ~ schedule = "* * * * *" -> "1 * * * *"',
        "  ~ command",
        "    - ~ 5",
        "    + ~ five",
        f'  + schedule = "* * * * *"                    # {words}',
        "  + command  =",
        '  - schedule = "* * * * *"                    # every minute',
        "  - command  =",
    ]


def test_a_rotated_secret_shows_that_it_changed_and_where_it_comes_from() -> None:
    key = setting("app.key", Sealed("old"), "env:KEY")
    made = plan(changed(key, value=Sealed("new")))
    assert (
        body(plan_text(made))
        == """\
# setting.app.key will be updated in-place
  ~ value = (sensitive, changed) -> (sensitive)                             # from env:KEY
    # (1 unchanged attribute hidden)"""
    )


def test_where_one_side_is_sealed_neither_is_shown() -> None:
    before, after = setting("app.key", "was-plain"), setting("app.key", Sealed("d"), "env:KEY")
    for pair in ((before, after), (after, before)):
        text = plan_text(plan(Update(*pair)))
        assert "was-plain" not in text
        assert "(sensitive, changed) -> (sensitive)" in text


def test_changed_items_of_a_list_are_named() -> None:
    path = setting("search_path", ("a", "b"))
    made = plan(changed(path, value=("a", "c", "d")))
    assert (
        body(plan_text(made))
        == """\
# setting.search_path will be updated in-place
  ~ value = ["a", "b"] -> ["a", "c", "d"]
    # [1]: "b" -> "c"
    # [2]: added "d"
    # (1 unchanged attribute hidden)"""
    )


def test_changed_items_of_a_mapping_are_named() -> None:
    toy = resource(Address("toy", "x"), {"columns": {"a": 1, "b": None, "c": ("x",)}})
    made = plan(changed(toy, columns={"a": True, "c": ("x", "y"), "d": False}))
    assert body(plan_text(made)).split("\n")[1:] == [
        '  ~ columns = {"a": 1, "b": null, "c": ["x"]} -> {"a": true, "c": ["x", "y"], "d": false}',
        "    # ['a']: 1 -> true",
        "    # ['b']: removed null",
        "    # ['c'][1]: added \"y\"",
        "    # ['d']: added false",
    ]


def test_a_key_of_a_mapping_is_printable_too() -> None:
    toy = resource(Address("toy", "x"), {"columns": {"\x1b[31m": 1}})
    text = plan_text(plan(changed(toy, columns={"\x1b[31m": 2})))
    assert "    # ['\\u001b[31m']: 1 -> 2\n" in text


def test_a_list_that_becomes_one_value_is_only_shown() -> None:
    made = plan(changed(setting("search_path", ("a", "b")), value="a"))
    assert body(plan_text(made)).split("\n")[1:] == [
        '  ~ value = ["a", "b"] -> "a"',
        "    # (1 unchanged attribute hidden)",
    ]


def test_a_server_without_pg_cron_is_named_so() -> None:
    made = plan(target=TARGET._replace(pg_cron_version="", role="x\x1b"))
    assert plan_text(made).startswith("content-pipeline -> x\\u001b@db.internal:5432/postgres (")
    assert "(PostgreSQL 17.12, pg_cron none)" in plan_text(made)


def test_a_nested_secret_is_not_explained() -> None:
    toy = resource(Address("toy", "x"), {"rows": (Sealed("one"), 1)})
    text = plan_text(plan(changed(toy, rows=(Sealed("two"), 1))))
    assert "(sensitive, changed) -> (sensitive)" in text
    assert "one" not in text
    assert "two" not in text


def test_a_reason_to_create_is_said() -> None:
    assert "  # (because somebody asked)" in plan_text(plan(Create(job("x"), "somebody asked")))


def test_labels_are_aligned() -> None:
    made = plan(changed(job("x"), schedule="1 * * * *", active=False))
    assert body(plan_text(made)).split("\n")[1:4:2] == [
        '  ~ schedule = "* * * * *" -> "1 * * * *"',
        "  ~ active   = true -> false",
    ]


def test_ten_thousand_changed_lines_take_less_than_fifty_milliseconds() -> None:
    made = plan(*(Create(job(f"job_{n}", command=f"SELECT work({n});")) for n in range(5_000)))
    assert plan_text(made).count("\n  + ") == 10_000
    assert min(_seconds(made) for _ in range(10)) < 0.05


def _seconds(made: Plan) -> float:
    started = time.process_time()
    plan_text(made)
    return time.process_time() - started
