"""Every field with a value of the wrong type, and schedules that are none."""

from __future__ import annotations

from tests.integration.bad_input.case import GOOD, HEAD, JOB, Bad, at_top, in_job

S = "scheduler.yaml"
_PASSWORD = "hunter2-hunter2"
_REST = "    command: SELECT 1\n"


def _typed(
    name: str, text: str, place: str, says: str, remedy: str = "Remedy: .", *, like: str = ""
) -> Bad:
    return Bad(f"type of {name}", f":{place}", says, remedy, text=text, like=like)


TYPES = (
    _typed("version", f"version: [1]\nname: t\njobs:\n{JOB}", "1:1", "version"),
    _typed("name", f"version: 1\nname: {{a: b}}\njobs:\n{JOB}", "2:1", "name"),
    _typed("jobs", f"{HEAD}jobs: [t_a]\n", "3:1", "jobs"),
    _typed("jobs as text", f"{HEAD}jobs: none\n", "3:1", "jobs", like="type of jobs"),
    _typed("a job", f"{HEAD}jobs:\n  t_a: SELECT 1\n", "4:8", "`t_a` must be a mapping"),
    _typed("a job as list", f"{HEAD}jobs:\n  t_a: [SELECT 1]\n", "4:3", "`t_a` must be a mapping"),
    _typed("schedule", f"{HEAD}jobs:\n  t_a:\n    schedule: [1, 2]\n{_REST}", "5:5", r"schedule"),
    _typed("schedule, nothing", f"{HEAD}jobs:\n  t_a:\n    schedule:\n{_REST}", "5:", "schedule"),
    _typed(
        "schedule, empty",
        f"{HEAD}jobs:\n  t_a:\n    schedule: ''\n{_REST}",
        "5:15",
        "empty.*five fields",
    ),
    _typed("command", in_job("command: {a: b}"), "6:5", "command"),
    _typed(
        "active",
        in_job("command: SELECT 1", "active: perhaps"),
        "7:13",
        "true or false",
        "write true or false",
    ),
    _typed(
        "active as list",
        in_job("command: SELECT 1", "active: [true]"),
        "7:5",
        "`active`|true or false",
        "true",
    ),
    _typed("database", in_job("command: SELECT 1", "database: [a]"), "7:5", "database"),
    _typed("username", in_job("command: SELECT 1", "username: {a: b}"), "7:5", "username"),
    _typed("username, empty", in_job("command: SELECT 1", "username: ''"), "7:15", "username"),
    _typed("a job's name", in_job("command: SELECT 1", "name: [a]"), "7:5", "name"),
    _typed("description", in_job("command: SELECT 1", "description: [a]"), "7:5", "description"),
    _typed("scope", at_top("scope: t_*"), "7:8", "scope"),
    _typed("scope.jobs", at_top("scope: {jobs: t_*}"), "7:15", "`jobs` must be a list", r"\["),
    _typed("a pattern", at_top("scope: {jobs: [{a: b}]}"), "7:9", "item of `jobs`"),
    _typed("expect", at_top("expect: production"), "7:9", "expect"),
    _typed("expect.host", at_top("expect: {host: [a]}"), "7:10", r"host"),
    _typed(
        "expect.system_identifier",
        at_top("expect: {system_identifier: abc}"),
        "7:29",
        "system.identifier",
        "pg_control_system",
    ),
    _typed("store", at_top("store: etcd"), "7:8", "store|etcd", "system"),
    _typed("defaults", at_top("defaults: [postgres]"), "7:1", "defaults"),
    _typed(
        "defaults.active",
        at_top("defaults: {active: 2}"),
        "7:20",
        "true or false",
        "write true or false",
    ),
    _typed("urls", at_top("urls: [https://a.example]"), "7:1", "urls"),
    _typed("a url", at_top("urls: {x: [a]}"), "7:8", "`x` must be text"),
    Bad(
        "url as a mapping of something else",
        ":7:8",
        "a url is text, or a mapping that has `url`",
        'write "https://',
        text=at_top("urls: {x: {a: b}}"),
    ),
    _typed("secrets", at_top("secrets: [K]"), "7:1", "secrets"),
    _typed("a secret's source", at_top("secrets: {k: {from: [env]}}"), "7:15", r"secrets\.k|from"),
    _typed("settings", at_top("settings: [a]"), "7:1", "settings"),
    _typed("a setting", at_top("settings: {app.x: {a: b}}"), "7:12", r"setting", "alone"),
    _typed("a list in a list", at_top("settings: {search_path: [[a]]}"), "7:12", r"search_path"),
)

SCHEDULES = (
    Bad(
        "schedule of words",
        ":5:15",
        '"every now and then".*no minute',
        "five fields",
        text=GOOD.replace("* * * * *", "every now and then"),
    ),
    Bad(
        "schedule of six fields",
        ":5:15",
        "six fields",
        '"0 12 \\* \\* \\*"|five',
        text=GOOD.replace("* * * * *", "0 0 12 * * ?"),
    ),
)
