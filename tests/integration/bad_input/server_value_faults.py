"""Values that only the server, or an apply, can refuse."""

from __future__ import annotations

from tests.integration.bad_input.case import GOOD, Server, at_top, in_job
from tests.servers import Database

_PASSWORD = "hunter2-hunter2"


def _rejected(line: str, *, name: str, says: str, remedy: str) -> Server:
    return Server(name, ":8:", says, remedy, text=at_top("settings:", f"  {line}"))


def _secret_file(database: Database) -> None:
    (database.folder / "key").write_text(_PASSWORD)
    (database.folder / "key").chmod(0)


VALUES = (
    Server(
        "unknown database of a job",
        "job.t_a",
        'undone.*database "nowhere" does not exist',
        "mend that|database:",
        text=in_job("command: SELECT 1", "database: nowhere"),
    ),
    Server(
        "interval on 1.4",
        ":5:",
        r"30 seconds.*needs pg_cron 1\.5",
        "five fields|update",
        versions=("15",),
        text=GOOD.replace("* * * * *", "30 seconds"),
    ),
    Server(
        "name too long",
        ":4:3",
        "64 bytes.*63",
        "shorten|1.5",
        like="name too long for 1.4",
        versions=("15",),
        text=GOOD.replace("t_a", "t_" + "a" * 62),
    ),
    _rejected(
        "no_such_setting: 1",
        name="unknown setting",
        says="no setting no_such_setting",
        remedy="spelling.*two parts",
    ),
    _rejected("work_mem: 4 bananas", name="unit", says="work_mem.*4 bananas", remedy="kB|MB"),
    _rejected(
        "enable_seqscan: perhaps",
        name="not on or off",
        says="enable_seqscan.*perhaps",
        remedy="on.*off|true.*false",
    ),
    _rejected(
        "log_min_messages: loud",
        name="not one of them",
        says="log_min_messages.*loud",
        remedy="warning",
    ),
    _rejected(
        "random_page_cost: cheap", name="no number", says="random_page_cost.*cheap", remedy="number"
    ),
    Server(
        "out of range",
        "setting.max_connections",
        "undone.*outside the valid range",
        "value in the file",
        text=at_top("settings: {max_connections: 0}"),
    ),
    Server(
        "built in",
        "setting.block_size",
        "undone.*block_size.*cannot be changed",
        "mend that|remove",
        text=at_top("settings: {block_size: 4096}"),
    ),
    Server(
        "secret without a value",
        ":7:11",
        "env:NOWHERE has no value",
        "set it.*--env-file",
        text=at_top("secrets: {k: {from: 'env:NOWHERE'}}"),
    ),
    Server(
        "secret that is empty",
        ":7:11",
        "env:EMPTY (has no value|is empty)",
        "set it.*--env-file",
        text=at_top("secrets: {k: {from: 'env:EMPTY'}}"),
        environment={"EMPTY": ""},
    ),
    Server(
        "secret file missing",
        ":7:11",
        "file:none",
        "^((?!--env-file).)*$",
        text=at_top("secrets: {k: {from: 'file:none'}}"),
    ),
    Server(
        "secret file unreadable",
        ":7:11",
        "file:key.*[Pp]ermission denied",
        "readable",
        text=at_top("secrets: {k: {from: 'file:key'}}"),
        after=_secret_file,
        unprivileged=True,
        secret=_PASSWORD,
    ),
    Server(
        "secret file no text",
        ":7:11",
        "file:key is not UTF-8",
        "as text",
        text=at_top("secrets: {k: {from: 'file:key'}}"),
        files={"key": b"\xff" + _PASSWORD.encode()},
        after=lambda database: (database.folder / "key").chmod(0o600),
        secret=_PASSWORD,
    ),
    Server(
        "secret with a newline",
        ":7:11",
        "newline",
        "one line|newline",
        text=at_top("secrets: {k: {from: 'env:KEY'}}"),
        environment={"KEY": f"a\n{_PASSWORD}"},
        secret=_PASSWORD,
    ),
)
