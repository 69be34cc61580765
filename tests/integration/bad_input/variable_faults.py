"""Variables and env-files that cannot be used."""

from __future__ import annotations

from tests.integration.bad_input.case import Bad, at_top

S = "scheduler.yaml"
_PASSWORD = "hunter2-hunter2"


def _variable(form: str, *, name: str, says: str, remedy: str, **known: str) -> Bad:
    text = at_top(f"urls: {{x: '{form}'}}")
    return Bad(name, ":7:", says, remedy, text=text, environment=known)


VARIABLES = (
    _variable(
        "${BASE}/x",
        name="variable not set",
        says="BASE is not set",
        remedy=r"set it.*\$\{BASE:-\}",
    ),
    _variable(
        "${ROOT}/x",
        name="variable empty",
        ROOT="",
        says="ROOT is empty",
        remedy=r"set it.*\$\{ROOT:-\}",
    ),
    _variable("${1X}", name="variable with a digit", says=r"\$\{1X", remedy=r"\$\{NAME\}.*\$\$\{"),
    _variable("${}", name="variable without a name", says=r"\$\{\}|name", remedy=r"\$\{NAME\}"),
    _variable(
        "${X:?needed}", name="variable of a shell", says=r"\$\{X:\?", remedy=r"\$\{NAME:-default\}"
    ),
    _variable("${X", name="variable not closed", says=r"\$\{X.*(clos|\})", remedy=r"\}|NAME"),
    Bad(
        "variable that .env has",
        ":7:",
        "SITE is not set",
        r"--env-file \.env \(that file has it\)",
        text=at_top("urls: {x: '${SITE}/x'}"),
        files={".env": "SITE=https://a.example\n"},
    ),
    Bad(
        "variable in a key",
        ":8:3",
        r"app\.\$\{X\}",
        "one or two parts",
        text=at_top("settings:", "  app.${X}: 1"),
    ),
    Bad(
        "variable makes a bad url",
        ":7:",
        "https?://",
        "https://",
        text=at_top("urls: {x: '${BASE}'}"),
        environment={"BASE": f"ftp://u:{_PASSWORD}@h"},
        secret=_PASSWORD,
        like="url with ftp",
    ),
    Bad(
        "variable with a newline",
        ":7:",
        "newline",
        "one line",
        text=at_top("settings: {app.x: '${TWO}'}"),
        environment={"TWO": f"a\n{_PASSWORD}"},
        secret=_PASSWORD,
        like="newline in a setting",
    ),
)

ENV_FILES = (
    Bad(
        "env-file missing",
        "ci.env",
        "no such file",
        "--env-file|check the path$",
        command=("validate", "--env-file", "ci.env"),
    ),
    Bad(
        "env-file broken",
        ".env:2:1",
        "sets no variable",
        "NAME=VALUE",
        command=("validate", "--env-file", ".env"),
        files={".env": f"# ours\nKEY: {_PASSWORD}\n"},
        secret=_PASSWORD,
    ),
    Bad(
        "env-file unclosed quote",
        ".env:1:",
        "quote|sets no variable",
        "'|quote",
        command=("validate", "--env-file", ".env"),
        files={".env": f"KEY='{_PASSWORD}\n"},
        secret=_PASSWORD,
        like="env-file broken",
    ),
    Bad(
        "env-file sets twice",
        ".env:2:1",
        "K is set twice",
        "remove",
        command=("validate", "--env-file", ".env"),
        files={".env": f"K={_PASSWORD}\nK=b\n"},
        secret=_PASSWORD,
    ),
    Bad(
        "env-file refers",
        ".env:1:1",
        "K refers to another",
        "value",
        command=("validate", "--env-file", ".env"),
        files={".env": f"K=${{HOME}}{_PASSWORD}\n"},
        secret=_PASSWORD,
    ),
    Bad(
        "env-file is a directory",
        ".",
        "directory",
        "name a file(?!.*scheduler.yaml)",
        command=("validate", "--env-file", "."),
    ),
    Bad(
        "env-file is binary",
        ".env:1:3",
        "NUL",
        "text file|remove",
        command=("validate", "--env-file", ".env"),
        files={".env": b"K=\0\0\1"},
        like="NUL byte",
    ),
)
