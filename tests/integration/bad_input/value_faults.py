"""Values that a file may not hold: variables, urls, secrets, settings, commands."""

from __future__ import annotations

from tests.integration.bad_input.case import GOOD, HEAD, Bad, at_top, in_job

S = "scheduler.yaml"
_PASSWORD = "hunter2-hunter2"
_KEY = "eyJhbGciOiJIUzI1NiJ9.c2VydmljZV9yb2xl.sig"


def _setting(line: str, *, name: str, at: str, says: str, remedy: str) -> Bad:
    text = at_top("settings:", f"  {line}")
    return Bad(name, f":8:{at}", says, remedy, text=text)


URLS = (
    Bad(
        "url with ftp",
        ":7:11",
        "begins with https",
        "https://",
        text=at_top("urls: {x: 'ftp://a.example/x'}"),
    ),
    Bad(
        "url with credentials",
        ":7:11",
        "credentials",
        "secrets:",
        text=at_top(f"urls: {{x: 'https://u:{_PASSWORD}@a.example'}}"),
        secret=_PASSWORD,
    ),
    Bad(
        "url with blanks",
        ":7:11",
        "blank",
        "https://|%20",
        text=at_top("urls: {x: 'https://a.example/a b'}"),
    ),
    Bad(
        "url without a host", ":7:11", "no host", "https://", text=at_top("urls: {x: 'https:///x'}")
    ),
    Bad(
        "url with a bad port",
        ":7:11",
        "port|URL",
        "https://",
        text=at_top("urls: {x: 'https://a.example:http/x'}"),
        like="url that cannot be read",
    ),
    Bad(
        "url of a bad name",
        ":7:8",
        "a-b",
        "letters",
        text=at_top("urls: {a-b: 'https://a.example'}"),
    ),
)

SECRETS = (
    Bad(
        "secret by value",
        ":7:14",
        "reference, never by value",
        "env:NAME",
        text=at_top(f"secrets: {{k: {_KEY}}}"),
        secret=_KEY,
    ),
    Bad(
        "secret's source is a value",
        ":7:21",
        "no reference",
        "env:NAME",
        text=at_top(f"secrets: {{k: {{from: {_KEY}}}}}"),
        secret=_KEY,
    ),
    Bad(
        "unknown source of a secret",
        ":7:21",
        "no reference",
        "env:NAME.*file:PATH",
        text=at_top("secrets: {k: {from: 'gcp:projects/1'}}"),
        like="secret's source is a value",
    ),
    Bad(
        "secret without a source", ":7:", "from", "env:NAME|from:", text=at_top("secrets: {k: {}}")
    ),
    Bad(
        "secret from no variable",
        ":7:21",
        "no reference",
        "env:NAME",
        text=at_top("secrets: {k: {from: 'env:'}}"),
        like="secret's source is a value",
    ),
    Bad(
        "secret of a bad name",
        ":7:11",
        r"a\.b",
        "letters",
        text=at_top("secrets: {a.b: {from: 'env:K'}}"),
    ),
    Bad(
        "url and secret of one name",
        ":",
        r"app\.x_url.*twice",
        "remove|rename",
        text=at_top("urls: {x: 'https://a.example'}", "secrets: {x_url: {from: 'env:K'}}"),
    ),
)

SETTINGS = (
    _setting(
        "app.a.b: 1",
        name="name of three parts",
        at="3",
        says=r"app\.a\.b",
        remedy="one or two parts",
    ),
    _setting("app.a$b: 1", name="$ in a name", at="3", says=r"app\.a\$b", remedy="letters, digits"),
    _setting(
        "9app.x: 1", name="name begins with a digit", at="3", says="9app", remedy="letters, digits"
    ),
    _setting("app.: 1", name="name ends with a dot", at="3", says=r"app\.", remedy="two parts"),
    _setting(
        'app.x: "a\\nb"', name="newline in a setting", at="3", says="newline", remedy="one line"
    ),
    _setting(
        "search_path: 'app, public'",
        name="comma text for a list",
        at="3",
        says="search_path|one name",
        remedy=r"search_path: \[app, public\]",
    ),
    _setting(
        "work_mem: [4MB]",
        name="list for one value",
        at="3",
        says="work_mem is not a list",
        remedy="one value",
    ),
    _setting("search_path: []", name="empty list", at="3", says="empty list", remedy="null"),
    _setting(
        "app.x:",
        name="setting without a value",
        at="3",
        says="`app.x` has no value",
        remedy='"" is empty text',
    ),
    Bad(
        "twins by letter case",
        ":9:3",
        "(?i:app.foo).*twice",
        "remove",
        text=at_top("settings:", "  app.Foo: 1", "  APP.foo: 2"),
    ),
    Bad(
        "url and setting of one name",
        ":",
        r"app\.x_url.*twice",
        "remove",
        text=at_top("urls: {x: 'https://a.example'}", "settings: {app.x_url: y}"),
    ),
)

COMMANDS = (
    Bad(
        "no schedule",
        ":4:3",
        "needs `schedule`",
        "schedule: ",
        text=f"{HEAD}jobs:\n  t_a:\n    command: SELECT 1\n",
    ),
    Bad("no command", ":4:3", "needs `command`", "command: ", text=in_job()),
    Bad(
        "empty command",
        ":6:14",
        "command.*empty|empty.*command",
        "SQL|write",
        text=in_job("command: ''"),
    ),
    Bad(
        "blank block",
        ":6:14",
        "command.*(empty|blank)|(empty|blank).*command",
        "SQL|write",
        text=in_job("command: |", "  ", "description: x"),
        like="empty command",
    ),
    Bad(
        "command twice over",
        ":",
        "command.*command_file|both",
        "remove|one",
        text=in_job("command: SELECT 1", "command_file: a.sql"),
        files={"a.sql": "SELECT 2"},
    ),
    Bad(
        "command_file missing",
        ":6:19",
        "no such file",
        "sql/a.sql|check the path$",
        text=in_job("command_file: sql/a.sql"),
    ),
    Bad(
        "command_file empty",
        "a.sql:1:1",
        "empty",
        ".",
        text=in_job("command_file: a.sql"),
        files={"a.sql": " \n"},
        like="empty command",
    ),
    Bad(
        "command_file is UTF-16",
        ":6:19",
        "command_file: it is UTF-16",
        "UTF-8",
        text=in_job("command_file: a.sql"),
        files={"a.sql": "SELECT 1".encode("utf-16")},
    ),
    Bad(
        "command_file is a directory",
        ":6:19",
        "directory",
        "name a file(?!.*scheduler.yaml)",
        text=in_job("command_file: ."),
    ),
    Bad(
        "name too long for 1.4",
        ":4:3",
        "64 bytes.*63",
        "shorten",
        command=("validate", "--pg-cron", "1.4"),
        text=GOOD.replace("t_a", "t_" + "a" * 62),
    ),
)
