"""Files of the right syntax that say what no scheduler.yaml can say: keys, types, head, scope."""

from __future__ import annotations

from tests.integration.bad_input.case import GOOD, HEAD, JOB, Bad, at_top, in_job

S = "scheduler.yaml"
_OVERLAY = ("validate", "-f", S, "-f", "prod.yaml")
_REST = "    command: SELECT 1\n"


KEYS = (
    Bad(
        "unknown key",
        ":3:1",
        "unknown key `jbos`",
        "did you mean `jobs`",
        text=f"{HEAD}jbos:\n{JOB}",
    ),
    Bad(
        "unknown key in a job",
        ":6:5",
        "unknown key `shedule` in jobs.t_a",
        "did you mean `schedule`",
        text=in_job("shedule: x", "command: SELECT 1"),
    ),
    Bad(
        "unknown key far from all",
        ":7:5",
        "unknown key `retries` in jobs.t_a",
        "schedule.*command|remove",
        text=in_job("command: SELECT 1", "retries: 3"),
    ),
    Bad(
        "unknown key in scope",
        ":7:9",
        "unknown key `job` in scope",
        "did you mean `jobs`",
        text=at_top("scope: {job: [t_*]}"),
    ),
    Bad(
        "unknown key in expect",
        ":7:10",
        "unknown key `hots` in expect",
        "did you mean `host`",
        text=at_top("expect: {hots: db}"),
    ),
    Bad(
        "unknown key in defaults",
        ":7:12",
        "unknown key `user` in defaults",
        "did you mean `username`",
        text=at_top("defaults: {user: x}"),
    ),
    Bad(
        "schedule in defaults",
        ":7:12",
        "`schedule` in defaults",
        "job|username",
        text=at_top("defaults: {schedule: x}"),
    ),
    Bad(
        "unknown key in a secret",
        ":7:15",
        "`form` in secrets.k",
        "did you mean `from`",
        text=at_top("secrets: {k: {form: 'env:K'}}"),
    ),
    Bad(
        "duplicate key",
        ":7:5",
        "`command`.*(twice|duplicate|line 6|6:5)",
        "remove",
        text=in_job("command: SELECT 1", "command: SELECT 2"),
    ),
    Bad(
        "duplicate section",
        ":7:1",
        "`jobs`.*(twice|duplicate|line 3|3:1)",
        "remove",
        text=at_top("jobs: {}"),
    ),
    Bad(
        "duplicate job",
        ":7:3",
        "`t_a`.*(twice|duplicate|line 4|4:3)",
        "remove|rename",
        text=at_top(*JOB.splitlines()),
    ),
    Bad(
        "two keys for one job",
        ":7:3",
        "t_a.*twice",
        "remove|rename",
        text=GOOD + JOB.replace("t_a", "t_b") + "    name: t_a\n",
    ),
)


HEADS = (
    Bad(
        "no version",
        ":1:1",
        "the file needs `version`",
        "version: 1",
        text=f"name: t\njobs:\n{JOB}",
    ),
    Bad("no name", ":1:1", "the file needs `name`", "name: ", text=f"version: 1\njobs:\n{JOB}"),
    Bad(
        "version 2", ":1:10", "version", "version: 1", text=GOOD.replace("version: 1", "version: 2")
    ),
    Bad(
        "name with a blank", ":2:7", "name", "name: ", text=GOOD.replace("name: t", "name: my jobs")
    ),
    Bad(
        "overlay with version",
        "prod.yaml:1:1",
        "version.*first file|first file.*version",
        "remove",
        command=_OVERLAY,
        files={"prod.yaml": "version: 1\n"},
    ),
    Bad(
        "overlay with name",
        "prod.yaml:1:1",
        "name.*first file|first file.*name",
        "remove",
        command=_OVERLAY,
        files={"prod.yaml": "name: u\n"},
    ),
    Bad(
        "null in the first file",
        ":7:3",
        "`t_b` is null",
        "remove|overlay|first file",
        text=GOOD + "  t_b: null\n",
    ),
    Bad(
        "error in the overlay",
        "prod.yaml:4:13",
        "true or false",
        "true or false",
        command=_OVERLAY,
        files={"prod.yaml": "jobs:\n  t_a:\n    # later\n    active: 7\n"},
    ),
    Bad(
        "unknown key in the overlay",
        "prod.yaml:3:5",
        "enabled",
        "active|did you mean|one of",
        command=_OVERLAY,
        files={"prod.yaml": "jobs:\n  t_a:\n    enabled: true\n"},
    ),
    Bad(
        "overlay takes the schedule away",
        "prod.yaml:1:",
        "schedule",
        "null|remove",
        command=_OVERLAY,
        files={"prod.yaml": "jobs: {t_a: {schedule: null}}\n"},
    ),
    Bad(
        "overlay removes what is not there",
        "prod.yaml:1:8",
        "t_old",
        "remove",
        command=_OVERLAY,
        files={"prod.yaml": "jobs: {t_old: null}\n"},
    ),
    Bad(
        "overlay is missing",
        "prod.yaml",
        "no such file",
        "-f|path",
        command=_OVERLAY,
        like="missing file",
    ),
    Bad(
        "overlay is empty",
        "prod.yaml",
        "empty",
        ".",
        command=_OVERLAY,
        files={"prod.yaml": ""},
        like="empty file",
    ),
    Bad(
        "overlay is a list",
        "prod.yaml:1:1",
        "list",
        ".",
        command=_OVERLAY,
        files={"prod.yaml": "- jobs\n"},
        like="list at the top",
    ),
)

SCOPES = (
    Bad(
        "job outside scope",
        ":4:3",
        r"t_a.*outside scope\.jobs",
        "pattern|rename",
        text=at_top("scope: {jobs: [u_*]}"),
    ),
    Bad(
        "setting outside scope",
        ":8:12",
        r"other\.x.*outside scope\.settings",
        "pattern|rename",
        text=at_top("scope: {settings: [app.*]}", "settings: {other.x: 1}"),
    ),
    Bad(
        "url outside scope",
        ":8:8",
        r"app\.x_url.*outside scope\.settings",
        "pattern|rename",
        text=at_top("scope: {settings: [own.*]}", "urls: {x: 'https://a.example'}"),
    ),
    Bad(
        "glob without a literal",
        ":7:16",
        "literal|letter|every",
        "what the names share",
        text=at_top("scope: {jobs: ['*']}"),
    ),
    Bad(
        "only excluding globs",
        ":7:9",
        "exclu",
        "pattern|add",
        text=at_top("scope: {jobs: ['!t_b*']}"),
    ),
    Bad("empty scope", ":7:9", "no pattern", "write one|leave", text=at_top("scope: {jobs: []}")),
)
