"""Options, arguments and saved plans that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.bad_input.case import GOOD, Bad

_PASSWORD = "hunter2-hunter2"
_NEWER = json.dumps({"format_version": "2.0", "inputs": {}, "target": {}, "statements": []})
_OLDER = json.dumps({"format_version": "1.0", "cpctl_version": "0.0.9", "base_fingerprint": ""})
_APPLY = ("apply", "--auto-approve")


def _folder(folder: Path) -> None:
    (folder / "plan.json").mkdir()


OPTIONS = (
    Bad("unknown command", "", "aply", "cpctl --help", command=("aply",)),
    Bad("unknown option", "", "--outt", "--out|cpctl plan --help", command=("plan", "--outt", "x")),
    Bad(
        "option without its value",
        "",
        "--env-file.*(argument|value)",
        "cpctl plan --help",
        command=("plan", "--env-file"),
    ),
    Bad(
        "unknown --format",
        "",
        "--format.*xml",
        "text.*json.*sql|cpctl plan --help",
        command=("plan", "--format", "xml"),
    ),
    Bad(
        "format that apply lacks",
        "",
        "--format.*sql",
        "text.*json|cpctl apply --help",
        command=(*_APPLY, "--format", "sql"),
    ),
    Bad(
        "unknown --allow",
        "",
        "--allow.*EMPTY_FLIE",
        "EMPTY_FILE",
        command=(*_APPLY, "--allow", "EMPTY_FLIE"),
    ),
    Bad(
        "bad --lock-timeout",
        "",
        "--lock-timeout.*soon",
        "60s",
        command=(*_APPLY, "--lock-timeout", "soon"),
    ),
    Bad(
        "negative --lock-timeout",
        "",
        "--lock-timeout.*-1s",
        "60s",
        command=(*_APPLY, "--lock-timeout", "-1s"),
    ),
    Bad(
        "bad --pg-cron",
        "",
        "--pg-cron.*2.0",
        "1.4.*1.5.*1.6",
        command=("validate", "--pg-cron", "2.0"),
    ),
    Bad(
        "bad --secrets",
        "",
        "--secrets.*maybe",
        "auto.*skip.*require|cpctl plan --help",
        command=("plan", "--secrets", "maybe"),
    ),
    Bad("unknown schema", "", "job", "cpctl schema --help", command=("schema", "job")),
    Bad("two plans", "", "b.json", "cpctl apply --help", command=(*_APPLY, "a.json", "b.json")),
    Bad(
        "standard input twice",
        "",
        "-f -.*twice|twice.*-f -|standard input",
        "once|one",
        command=("validate", "-f", "-", "-f", "-"),
        stdin=GOOD,
    ),
    Bad("init over a file", "scheduler.yaml", "exists", "edit|move", command=("init",)),
)

URLS = (
    Bad(
        "url that cannot be read",
        "",
        "URL cannot be read",
        "postgresql://",
        command=(*_APPLY, "--database-url", f"postgresql://u:{_PASSWORD}@[::1/db"),
        secret=_PASSWORD,
    ),
    Bad(
        "url of another scheme",
        "",
        "URL|mysql",
        "postgresql://",
        command=("plan", "--database-url", f"mysql://u:{_PASSWORD}@h/db"),
        secret=_PASSWORD,
        like="url that cannot be read",
    ),
    Bad(
        "url with an unknown parameter",
        "",
        "URL",
        "sslmode|postgresql://",
        command=("plan", "--database-url", f"postgresql://u:{_PASSWORD}@h/db?sslmod=require"),
        secret=_PASSWORD,
        like="url that cannot be read",
    ),
    Bad(
        "database url with a bad port",
        "",
        "port|URL",
        "port|postgresql://",
        command=("plan", "--database-url", f"postgresql://u:{_PASSWORD}@127.0.0.1:54x/db"),
        secret=_PASSWORD,
        like="url that cannot be read",
    ),
    Bad(
        "url in the environment",
        "",
        "URL.*CPCTL_DATABASE_URL|CPCTL_DATABASE_URL",
        "postgresql://",
        command=("diff",),
        environment={"CPCTL_DATABASE_URL": f"host='{_PASSWORD}"},
        secret=_PASSWORD,
    ),
)

PLANS = (
    Bad(
        "plan missing",
        "plan.json",
        "cannot be read|no such file",
        "cpctl plan --out",
        command=(*_APPLY, "plan.json"),
    ),
    Bad(
        "plan is no JSON",
        "plan.json",
        "no plan|JSON",
        "cpctl plan --out",
        command=(*_APPLY, "plan.json"),
        files={"plan.json": "+ job\n"},
    ),
    Bad(
        "plan is other JSON",
        "rows.json",
        "no plan",
        "cpctl plan --out",
        command=(*_APPLY, "rows.json"),
        files={"rows.json": "[1]"},
        like="plan is no JSON",
    ),
    Bad(
        "plan of a newer format",
        "plan.json",
        "format 2.0",
        "the cpctl that made it",
        command=(*_APPLY, "plan.json"),
        files={"plan.json": _NEWER},
    ),
    Bad(
        "plan of an older cpctl",
        "plan.json",
        "cpctl 0.0.9.*lacks",
        "new plan.*cpctl plan --out",
        command=(*_APPLY, "plan.json"),
        files={"plan.json": _OLDER},
    ),
    Bad(
        "show what is no plan",
        "plan.json",
        "no plan",
        "cpctl plan --out",
        command=("show", "plan.json"),
        files={"plan.json": "[" * 100_000},
        like="plan is no JSON",
    ),
    Bad(
        "plan is a directory",
        "plan.json",
        "directory",
        "cpctl plan --out",
        command=(*_APPLY, "plan.json"),
        arrange=_folder,
    ),
    Bad(
        "plan and a file",
        "",
        "names its own files",
        "without",
        command=(*_APPLY, "plan.json", "-f", "scheduler.yaml"),
        files={"plan.json": _NEWER},
    ),
)
