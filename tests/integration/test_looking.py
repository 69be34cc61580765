"""status, jobs, health and runs of a file without a runtime, from pg_cron's own history."""

from __future__ import annotations

import pytest

from tests.integration.steps import untouched
from tests.integration.watching import FILE, looked, moment, pause, ran, schedule, told
from tests.servers import Database

COMMANDS = ("status", "jobs", "health", "runs")
Jobs = dict[str, int]


@pytest.fixture
def jobs(database: Database) -> Jobs:
    """One that is well, one that fails, a new one, a paused one; and others that are not ours."""
    database.write(FILE)
    database.new_role("anna", "USAGE ON SCHEMA cron")
    names = ("good", "bad", "new", "paused", "extra")
    made = {name: schedule(database, f"pipe_{name}") for name in names}
    pause(database, made["paused"])
    made["unnamed"] = schedule(database, None)
    made["other"] = schedule(database, "other_job")
    made["foreign"] = schedule(database, "pipe_good", owner="anna")
    ran(database, made["good"], "failed", "8 days", "ERROR:  long ago\n")
    for ago in ("3 min", "2 min"):
        ran(database, made["good"], ago=ago)
    ran(database, made["bad"], ago="8 days")
    ran(database, made["bad"], ago="10 min", said="1 row")
    ran(database, made["bad"], "failed", "5 min", "ERROR:  division by zero\n")
    ran(database, made["bad"], "running", "1 min")
    ran(database, made["paused"], "failed", "2 days", "ERROR:  paused after this\n")
    for name in ("unnamed", "other", "foreign"):
        ran(database, made[name], "failed", "10 s", "ERROR:  not ours\n")
    return made


def test_status_counts_the_files_jobs(database: Database, jobs: Jobs) -> None:
    found = looked(database, "status")
    assert (found["total_jobs"], found["active_jobs"], found["failed_jobs"]) == (5, 4, 2)
    assert found["paused"] == ["job.pipe_paused"]
    assert found["failed"] == ["job.pipe_bad", "job.pipe_paused"]
    assert found["running"] == ["job.pipe_bad"]
    assert found["missing"] == ["job.pipe_absent"]
    assert found["unmanaged"] == 3
    last = "select max(start_time) from cron.job_run_details where jobid = %s"
    assert found["last_run"] == moment(database, last, jobs["bad"])
    assert found["next_run"][4:] == "-01-01T00:00:00Z"
    assert found["looked"] == {
        "tables": ["cron.job_run_details"],
        "runs": 100_000,
        "complete": True,
    }


def test_status_in_words(database: Database, jobs: Jobs) -> None:
    assert jobs
    with untouched(database):
        text = told(database.cpctl("status"))
    head, blank, *facts = text.splitlines()
    assert head.startswith("pipeline -> postgres@")
    assert f"(PostgreSQL {database.version}." in head
    assert blank == ""
    assert "  jobs      5: 4 active, 1 paused" in facts
    assert "  failed    2, in the last run" in facts
    assert any("job.pipe_bad" in fact and "GMT: division by zero" in fact for fact in facts)
    assert "  paused    job.pipe_paused" in facts
    assert "  running   job.pipe_bad" in facts
    assert "! 1 job in the file, and not in the database: job.pipe_absent" in facts
    assert "# runs: cron.job_run_details" in facts
    assert "not ours" not in text


def test_jobs_are_the_rows_of_cron_job(database: Database, jobs: Jobs) -> None:
    found = looked(database, "jobs")
    rows = database.rows(
        "select jobname::text, schedule, command, active, jobid::text, username, database "
        "from cron.job where jobname like 'pipe%' and username = 'postgres' order by jobname"
    )
    keys = ("job_name", "schedule", "command", "active", "jobid", "username", "database")
    assert [tuple(job[key] for key in keys) for job in found["jobs"]] == rows
    assert found["count"] == 5
    by_name = {job["job_name"]: job for job in found["jobs"]}
    assert [name for name, job in by_name.items() if not job["declared"]] == ["pipe_extra"]
    assert by_name["pipe_bad"]["last_status"] == "running"
    assert by_name["pipe_bad"]["error"] == "ERROR:  division by zero\n"
    assert by_name["pipe_new"]["last_run"] is by_name["pipe_new"]["last_status"] is None
    assert by_name["pipe_paused"]["next_run"] is None
    assert by_name["pipe_good"]["error"] is None
    assert found["unmanaged"] == found["upkeep"] == []
    assert jobs["good"] == int(by_name["pipe_good"]["jobid"])


def test_jobs_in_words(database: Database, jobs: Jobs) -> None:
    text = told(database.cpctl("jobs"))
    assert "job.pipe_paused  (paused)\n" in text
    assert "job.pipe_extra  (not in the file)\n" in text
    assert (
        '  schedule = "0 0 1 1 *"                      # at 00:00 on day 1 in January; next '
        in text
    )
    assert "  command  = \"select 'pipe_new'\"\n  # no run is recorded\n" in text
    assert " GMT; the one before failed: division by zero\n" in text
    assert "Unmanaged: 3 jobs (--verbose)." in text
    assert "\n5 jobs.\n" in text
    assert "other_job" not in text
    verbose = told(database.cpctl("jobs", "--verbose"))
    for name in (f"job.(unnamed, jobid {jobs['unnamed']})", "job.other_job", "job.anna/pipe_good"):
        assert f"\n{name}\n" in verbose


def test_health_is_that_of_seven_days(database: Database, jobs: Jobs) -> None:
    assert jobs
    found = looked(database, "health")
    shown = {
        one["component"]: (one["status"], one["error_count"], one["success_rate"])
        for one in found["health"]
    }
    assert shown == {
        "pipe_bad": ("unhealthy", 1, 50.0),
        "pipe_extra": ("healthy", 0, None),
        "pipe_good": ("healthy", 0, 100.0),
        "pipe_new": ("healthy", 0, None),
        "pipe_paused": ("inactive", 1, 0.0),
    }
    assert found["summary"] == {
        "total_jobs": 5, "healthy_jobs": 3, "inactive_jobs": 1, "overall_health": 60.0,
    }  # fmt: skip


def test_health_in_words_has_what_fails_first(database: Database, jobs: Jobs) -> None:
    assert jobs
    lines = told(database.cpctl("health")).splitlines()[2:]
    assert lines[0].split()[:2] == ["unhealthy", "job.pipe_bad"]
    assert "50 % of 2 runs in 7 days, 1 failed; running since " in lines[0]
    assert lines[1].strip() == "# division by zero"
    assert [line.split()[0] for line in lines[2:7]] == ["inactive", "#", *["healthy"] * 3]
    assert lines[-1] == "Health: 60 % of 5 jobs: 3 healthy, 1 unhealthy, 1 inactive."


def test_runs_are_the_newest_first(database: Database, jobs: Jobs) -> None:
    found = looked(database, "runs")["runs"]
    rows = database.rows(
        "select runid::text, jobid::text, status from cron.job_run_details "
        "where jobid = any (%s) order by start_time desc",
        [jobs[name] for name in ("good", "bad", "paused")],
    )
    assert [(run["id"], run["jobid"], run["status"]) for run in found] == rows
    assert found[0]["completed_at"] is None
    failed = next(run for run in found if run["status"] == "failed")
    assert failed["error_message"] == "ERROR:  division by zero"
    assert failed["processing_time_ms"] == 500
    assert failed["attempts"] is failed["http_status"] is failed["return_message"] is None


def test_runs_of_one_job_that_failed_since(database: Database, jobs: Jobs) -> None:
    assert jobs

    def ids(*options: str) -> list[tuple[str, str]]:
        found = looked(database, "runs", *options)["runs"]
        return [(run["address"], run["status"]) for run in found]

    bad, good, paused = ("job.pipe_bad", "job.pipe_good", "job.pipe_paused")
    assert ids("--failed") == [(bad, "failed"), (paused, "failed"), (good, "failed")]
    assert ids("--failed", "--since", "1h") == [(bad, "failed")]
    assert ids("--failed", "--since", "7d") == [(bad, "failed"), (paused, "failed")]
    assert ids("pipe_good", "--since", "150s") == [(good, "succeeded")]
    assert ids("job.pipe_bad", "--limit", "2") == [(bad, "running"), (bad, "failed")]
    assert ids("pipe_new") == []
    assert "No such run." in told(database.cpctl("runs", "pipe_new"))


def test_runs_in_words(database: Database, jobs: Jobs) -> None:
    assert jobs
    text = told(database.cpctl("runs", "--failed", "--since", "1h"))
    (line,) = text.splitlines()[2:-1]
    assert line.endswith("GMT  failed     job.pipe_bad  500 ms: division by zero")


def test_what_is_asked_wrongly_is_said(database: Database, jobs: Jobs) -> None:
    assert jobs
    for arguments, what, remedy in (
        (("pipe_goood",), "no job of pipeline is called pipe_goood", "did you mean pipe_good?"),
        (("other_job",), "no job of pipeline is called other_job", ""),
        (("pipe_absent",), "pipe_absent is in the file, and not in the database", "cpctl apply"),
        (("--since", "yesterday"), '--since "yesterday" is no time', "write 30min, 1h or 7d"),
        (("--follow", "--format", "json"), "--follow has no end", "cpctl runs --since 1min"),
    ):
        said = told(database.cpctl("runs", *arguments), 1)
        assert what in said
        assert remedy in said


def test_a_variable_that_matters_is_missed(database: Database, jobs: Jobs) -> None:
    """Urls and secrets of the file have variables that nobody sets; `scope` decides."""
    assert jobs
    database.write(FILE.replace("pipe_*", '"pipe${PREFIX}*"'))
    assert "PREFIX is not set" in told(database.cpctl("status"), 1)
    assert database.cpctl("status", environment={"PREFIX": "_"}).code == 0
    database.write(FILE.replace("${NOBODY_SETS_THIS}", "${NOBODY"))
    assert "is never closed" in told(database.cpctl("status"), 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_empty_database_is_one_too(database: Database, command: str) -> None:
    database.write(FILE)
    looked(database, command)
    assert "5 jobs in the file, and not in the database" in told(database.cpctl("status"))
    assert "Health: there are no jobs." in told(database.cpctl("health"))


def test_control_characters_do_not_reach_the_terminal(database: Database) -> None:
    database.write(FILE)
    jobid = schedule(database, "pipe_\x1b[31mred")
    ran(database, jobid, "failed", said="ERROR:  \x1b]0;title\x07\n")
    for command in COMMANDS:
        text = told(database.cpctl(command))
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "pipe_\\u001b[31mred" in text


def test_old_runs_are_said_not_to_be_known(database: Database) -> None:
    """A job that last ran more than 100,000 runs ago."""
    database.write(FILE)
    jobid, busy = schedule(database, "pipe_good"), schedule(database, "pipe_bad")
    ran(database, jobid)
    database.run("select setval('cron.runid_seq', last_value + 100000) from cron.runid_seq")
    assert looked(database, "status")["looked"]["complete"] is True
    ran(database, busy)
    found = looked(database, "status")
    assert found["looked"]["complete"] is False
    assert "no run among the last 100,000" in told(database.cpctl("jobs"))
    assert "# runs: cron.job_run_details, the last 100,000 runs" in told(database.cpctl("runs"))


def test_who_may_not_see_the_jobs_is_refused(database: Database, jobs: Jobs) -> None:
    assert jobs
    database.new_role("robin", "USAGE ON SCHEMA cron")
    database.write(FILE.replace("secrets:", "defaults: {username: anna}\nsecrets:"))
    for command in COMMANDS:
        said = told(database.cpctl(command, user="robin"), 3)
        assert "row security hides the jobs of anna from robin; hidden is not absent" in said
        assert "GRANT anna TO robin" in said
    database.run("grant anna to robin")
    for command in COMMANDS:
        assert database.cpctl(command, user="robin").code == 0
    (one,) = looked(database, "jobs", user="robin")["jobs"]
    assert (one["jobid"], one["username"]) == (str(jobs["foreign"]), "anna")
    (run,) = looked(database, "runs", user="robin")["runs"]
    assert run["error_message"] == "ERROR:  not ours"


def test_who_may_not_see_the_runs_is_refused(database: Database, jobs: Jobs) -> None:
    assert jobs
    database.write(FILE.replace("secrets:", "defaults: {username: anna}\nsecrets:"))
    database.run("revoke select on cron.job_run_details from public")
    try:
        for command in COMMANDS:
            said = told(database.cpctl(command, user="anna"), 3)
            assert "anna may not read cron.job_run_details; hidden is not absent" in said
            assert "GRANT SELECT ON cron.job_run_details TO anna;" in said
    finally:
        database.run("grant select on cron.job_run_details to public")


def test_another_database_is_refused(database: Database, jobs: Jobs) -> None:
    assert jobs
    database.write(FILE.replace("scope:", "expect: {database: elsewhere}\nscope:"))
    for command in COMMANDS:
        assert "is not for this database" in told(database.cpctl(command), 3)
