from __future__ import annotations

from cpctl.core.change import Create, Delete
from cpctl.core.finding import Finding
from cpctl.core.resource import Address
from cpctl.core.statement import Hole, Parameter, Statement
from cpctl.render.parts.statements import statement_sql, variable
from cpctl.render.sql import plan_sql
from tests.unit.render.plans import WHY, hazard, job, plan

X = Address("job", "x")
KEY = Address("setting", "app.key")
SCHEDULE = "SELECT cron.schedule(job_name := $1, schedule := $2, command := $3)"


def script(*statements: Statement) -> str:
    return plan_sql(plan(Create(job("x")), statements=statements))


def call(*params: Parameter, role: str | None = None) -> Statement:
    return Statement(SCHEDULE, params, X, role=role)


def system(name: str, value: Parameter, placeholder: str = "") -> Statement:
    sql = f"ALTER SYSTEM SET {name} = $1"
    return Statement(sql, (value,), KEY, "system", placeholder=placeholder)


def test_a_plan_of_jobs_is_one_transaction() -> None:
    made = script(call("a", "* * * * *", "SELECT 1;"), call("b", "@daily", "it's"))
    assert (
        made
        == """\
-- content-pipeline -> deploy@db.internal:5432/postgres (PostgreSQL 17.12, pg_cron 1.6)
-- 1 to create, 0 to update, 0 to delete (2 statements), from scheduler.yaml; \
state of 2026-11-23T13:37:00Z.
-- Run it with psql 15 or later, and not in one transaction:  psql -X -f FILE
-- It stops at the first error. It does not look at what changed since it was made, and
-- puts no setting back; cpctl apply does both.

\\set ON_ERROR_STOP on
\\set AUTOCOMMIT on
\\set ECHO none
\\encoding UTF8

BEGIN;
SET LOCAL search_path = pg_catalog;
SET LOCAL lock_timeout = '10s';
SELECT cron.schedule(job_name := 'a', schedule := '* * * * *', command := 'SELECT 1;');
SELECT cron.schedule(job_name := 'b', schedule := '@daily', command := 'it''s');
COMMIT;"""
    )


def test_an_empty_plan_does_nothing_and_says_so() -> None:
    lines = plan_sql(plan(unchanged=2)).split("\n")
    assert all(line.startswith("-- ") for line in lines)
    assert lines[-1] == "-- No changes. The database matches scheduler.yaml."


def test_settings_come_first_and_resets_last() -> None:
    reset = Statement(
        "ALTER SYSTEM RESET app.old", (), KEY, "system", late=True, placeholder="app.old"
    )
    lines = script(
        system("app.url", "https://x", "app.url"),
        system("cron.log_run", "off"),
        call("a", "b", "c"),
        reset,
    ).split("\n")
    reloads = [n for n, line in enumerate(lines) if "pg_reload_conf" in line]
    known = lines.index("SET app.url = '';")
    assert lines[known : known + 4] == [
        "SET app.url = '';",
        "ALTER SYSTEM SET app.url = 'https://x';",
        "RESET app.url;",
        "ALTER SYSTEM SET cron.log_run = 'off';",
    ]
    gone = lines.index("ALTER SYSTEM RESET app.old;")
    assert known < reloads[0] < lines.index("BEGIN;") < lines.index("COMMIT;") < gone < reloads[1]
    assert lines[gone - 1 : gone + 2] == [
        "SET app.old = '';",
        "ALTER SYSTEM RESET app.old;",
        "RESET app.old;",
    ]


def test_a_reload_is_waited_for_and_then_an_error() -> None:
    lines = script(system("app.url", "x", "app.url")).split("\n")
    start = next(n for n, line in enumerate(lines) if "pg_reload_conf" in line)
    look = "SELECT extract(epoch FROM pg_conf_load_time()) > :cpctl_before AS cpctl_live \\gset"
    assert lines[start + 1 : start + 7] == [
        "\\set cpctl_live off",
        "\\if :cpctl_live",
        "\\else",
        "SELECT pg_sleep(0.02) AS cpctl_slept \\gset",
        look,
        "\\endif",
    ]
    assert lines.count(look) == 4
    assert lines[-2].startswith("DO 'BEGIN RAISE EXCEPTION USING MESSAGE = ''the reload did not")
    assert lines.count("\\endif") == lines.count("\\else") == lines.count("\\if :cpctl_live")


def test_a_secret_of_the_environment_is_read_checked_and_never_written() -> None:
    lines = script(
        system("app.key", Hole("env:API_KEY"), "app.key"),
        system("app.twin", Hole("env:API_KEY"), "app.twin"),
    ).split("\n")
    missing = "env:API_KEY is missing or empty; nothing was written"
    start = lines.index("\\set cpctl_source 'API_KEY'")
    assert lines[start : start + 8] == [
        "\\set cpctl_source 'API_KEY'",
        "\\getenv secret_API_KEY :cpctl_source",
        "\\set cpctl_given `test -n \"$(printenv :'cpctl_source')\" && echo on || echo off`",
        "\\if :cpctl_given",
        "\\else",
        f"DO 'BEGIN RAISE EXCEPTION USING MESSAGE = ''{missing}''; END';",
        "\\endif",
        "",
    ]
    for name in ("app.key", "app.twin"):
        written = lines.index(f"ALTER SYSTEM SET {name} = :'secret_API_KEY';")
        assert lines[written - 2 : written] == [f"SET {name} = '';", "\\set VERBOSITY sqlstate"]
        assert lines[written + 1 : written + 3] == ["\\set VERBOSITY default", f"RESET {name};"]


def test_a_secret_of_a_file_is_read_by_a_shell_that_gets_a_quoted_path() -> None:
    made = script(system("app.key", Hole("file:/run/it's; rm\n\\x"), "app.key"))
    name = variable("file:/run/it's; rm\n\\x")
    assert "\\set cpctl_source '/run/it\\'s; rm\\x0a\\\\x'\n" in made
    assert f"\\set {name} `cat :'cpctl_source'`\n" in made
    assert f"ALTER SYSTEM SET app.key = :'{name}';" in made


def test_a_file_in_the_home_directory() -> None:
    made = script(system("app.key", Hole("file:~/key"), "app.key"))
    assert "\\getenv cpctl_home HOME\n\\set cpctl_source :cpctl_home '/key'\n" in made


def test_a_source_that_psql_cannot_read_stops_the_script() -> None:
    made = script(system("app.key", Hole("vault:key"), "app.key"))
    assert "''vault:key cannot be read by psql; use cpctl apply''" in made


def test_variables_of_secrets_are_words_and_differ() -> None:
    references = (
        "env:\ud800",
        "env:A",
        "env:a-b",
        "env:a_b",
        "file:A",
        "file:a/b",
        "file:a_b",
        "file:ü",
    )
    names = [variable(reference) for reference in references]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.isascii() for name in names)
    assert all(name.startswith("secret_") for name in names)


def test_the_owner_is_acted_for_and_left_again() -> None:
    lines = script(
        call("a", "b", "c"), call("d", "e", "f", role='o"x'), call("g", "h", "i", role='o"x')
    ).split("\n")
    start = lines.index('SET LOCAL ROLE "o""x";')
    assert lines[start + 3 :] == ["RESET ROLE;", "COMMIT;"]


def test_a_database_setting_goes_through_set_config_in_the_transaction() -> None:
    sql = "ALTER DATABASE postgres SET app.key FROM CURRENT"
    statement = Statement(sql, (Hole("env:K"),), KEY, placeholder="app.key")
    assert script(statement).split("\n")[-7:] == [
        "\\set VERBOSITY sqlstate",
        "SELECT set_config('app.key', :'secret_K', true) IS NOT NULL AS cpctl_known \\gset",
        "\\set VERBOSITY default",
        "\\set VERBOSITY sqlstate",
        "ALTER DATABASE postgres SET app.key FROM CURRENT;",
        "\\set VERBOSITY default",
        "COMMIT;",
    ]
    assert statement_sql(statement) == "ALTER DATABASE postgres SET app.key TO :'secret_K'"


def test_a_parameter_that_looks_like_one_is_not_filled_again() -> None:
    assert statement_sql(call("$2", "$1", "x")) == (
        "SELECT cron.schedule(job_name := '$2', schedule := '$1', command := 'x')"
    )


def test_a_dollar_in_a_quoted_name_is_no_parameter() -> None:
    statement = Statement('ALTER DATABASE "a$1""$1" SET x = $1', ("v",), X)
    assert statement_sql(statement) == 'ALTER DATABASE "a$1""$1" SET x = \'v\''


def test_parameters_beyond_the_ninth() -> None:
    statement = Statement("SELECT $1, $10", tuple(range(10)), X)
    assert statement_sql(statement) == "SELECT 0, 9"


def test_other_values_than_text() -> None:
    statement = Statement("SELECT $1, $2, $3, $4", (None, True, False, 7), X)
    assert statement_sql(statement) == "SELECT NULL, true, false, 7"


def test_what_does_not_print_is_spelled_out_and_lines_stay_lines() -> None:
    statement = Statement("SELECT $1", ("a\\'\n\t\r\x1b\u202e\U000e0041",), X)
    assert statement_sql(statement) == ("SELECT E'a\\\\''\n\\t\\r\\u001b\\u202e\\U000e0041'")
    named = Statement('ALTER DATABASE "a\\\x1b" RESET x', (), X)
    assert statement_sql(named) == 'ALTER DATABASE U&"a\\\\\\+00001b" RESET x'


def test_the_head_says_what_a_reader_must_know() -> None:
    gone = Delete(job("x"), WHY)
    made = plan_sql(
        plan(
            gone,
            hazards=hazard(gone, "DELETES_JOB", "it will not run again"),
            refusals=(Finding("STANDBY", "it is a standby"),),
            incomplete=(KEY,),
        )
    )
    assert "\n-- Note: 1 secret was not compared" in made
    assert "\n-- Refused: it is a standby\n" in made
    assert "\n-- ! job.x: DELETES_JOB: it will not run again\n" in made


def test_a_name_cannot_leave_the_comment_it_stands_in() -> None:
    made = plan_sql(plan(Create(job("x")), name="a\nDROP TABLE b; \u2028"))
    assert made.startswith("-- a\\nDROP TABLE b; \\u2028 -> ")
