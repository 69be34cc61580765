"""Files that ask for renames, limits and permissions in a way that nobody could keep."""

from __future__ import annotations

from tests.integration.bad_input.case import HEAD, JOB, Bad, Server, at_top, in_job

_REST = "    schedule: '* * * * *'\n    command: SELECT 1\n"
_WAS = f"{HEAD}jobs:\n{JOB}    was: t_old\n"
_SQL = "command: SELECT 1"


def _made(name: str) -> str:
    return f"select cron.schedule('{name}', '* * * * *', 'SELECT 1')"


RENAMES = (
    Bad(
        "job was itself",
        ":7:10",
        "`was` is the name that the job has",
        "remove this line",
        text=in_job(_SQL, "was: t_a"),
    ),
    Bad("was is empty", ":7:10", "`was` is empty", "give it a value", text=in_job(_SQL, "was: ''")),
    Bad(
        "old name is declared too",
        ":7:10",
        "`t_a` was `t_b`, which is declared too: at scheduler.yaml:8:3",
        "remove that entry",
        text=in_job(_SQL, "was: t_b") + f"  t_b:\n{_REST}",
    ),
    Bad(
        "old name is claimed twice",
        ":11:10",
        "`t_b` cannot have been `t_x`: `t_a` was",
        "remove this line, or that",
        text=in_job(_SQL, "was: t_x") + f"  t_b:\n{_REST}    was: t_x\n",
    ),
    Bad(
        "file was itself",
        ":7:6",
        "`was` is the name that the file has",
        "remove this line",
        text=at_top("was: t"),
    ),
    Bad(
        "file was of a bad name",
        ":7:6",
        "letters, digits",
        "name: ",
        text=at_top("was: 'a b'"),
        like="name with a blank",
    ),
    Bad(
        "was in an overlay",
        "prod.yaml:1:1",
        "only the first file has `was`",
        "remove",
        files={"prod.yaml": "was: t_old\n"},
        command=("validate", "-f", "scheduler.yaml", "-f", "prod.yaml"),
    ),
    Server(
        "old and new name are both there",
        ":7:10",
        r"job\.t_old and job\.t_a are both in the database",
        r"unschedule job\.t_old \(jobid \d+\), or remove this line",
        text=_WAS,
        given=(_made("t_old"), _made("t_a")),
    ),
    Server(
        "old name is declared under another spelling of the owner",
        ":7:10",
        r"job\.t_a was job\.t_old, but the file still declares job\.t_old",
        "remove the entry",
        text=f"{_WAS}  t_old:\n{_REST}    username: postgres\n",
    ),
    Server(
        "old name is claimed under another spelling of the owner",
        ":11:10",
        r"job\.t_b and job\.t_a cannot both have been job\.t_old",
        "from one of them",
        text=f"{_WAS}  t_b:\n{_REST}    was: t_old\n    username: postgres\n",
    ),
)

KEYS = (
    Bad(
        "unknown field to ignore",
        ":7:22",
        '"shedule" is no field of a job',
        r"did you mean schedule\?",
        text=in_job(_SQL, "ignore_changes: [shedule]"),
    ),
    Bad(
        "who owns it cannot be ignored",
        ":7:22",
        '"username" is no field of a job',
        "one of schedule, command, database, active",
        text=in_job(_SQL, "ignore_changes: [username]"),
    ),
    Bad(
        "limit of a word",
        ":7:19",
        "a limit is a share or a number",
        "30%",
        text=at_top("limits: {deletes: few}"),
    ),
    Bad(
        "limit over all",
        ":7:19",
        "no share over 100 %",
        "100% for no limit",
        text=at_top("limits: {deletes: 130%}"),
    ),
    Bad(
        "limit of nothing known",
        ":7:10",
        "unknown key `creates` in limits",
        "deletes, updates",
        text=at_top("limits: {creates: 3}"),
    ),
    Bad(
        "hazard that nobody knows",
        ":7:17",
        '"DELETES_JOBS" is no hazard',
        "one of CAN_STOP_SERVER, .*SECRET_IN_LOG",
        text=at_top("require_allow: [DELETES_JOBS]"),
    ),
)

REFUSED = (
    Server(
        "updates most",
        "",
        r"update 1 of 1 jobs \(the limit is 0\).*Nothing was written",
        "--allow MANY_UPDATES",
        text=at_top("limits: {updates: 0}"),
        given=("select cron.schedule('t_a', '1 1 * * *', 'SELECT 1')",),
        exit=3,
    ),
    Server(
        "hazard that the file wants to be allowed",
        "",
        r"scheduler\.yaml wants DELETES_JOB to be allowed: job\.t_b\. Nothing was written",
        "--allow DELETES_JOB",
        text=at_top("scope: {jobs: [t_*]}", "require_allow: [DELETES_JOB]"),
        given=(_made("t_b"),),
        exit=3,
    ),
)
