"""The server's own settings that these tests use: which spellings mean the same, and what holds.

Written down by hand, so that no parser of cpctl's is asked what a value means.
"""

from __future__ import annotations

from collections.abc import Mapping

Written = str | tuple[str, ...]

MEANINGS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "work_mem": (
        ("4MB", "4096kB", "4096", "0x1000"),
        ("1GB", "1024MB", "1048576kB", "1048576"),
        ("1536kB", "1536", "1.5MB"),
    ),
    "checkpoint_timeout": (("5min", "300s", "300", "300000ms"), ("1h", "60min", "3600")),
    "random_page_cost": (("4", "4.0", "0.4e1"), ("3", "3.0", "30e-1"), ("1.10", "1.1")),
    "statement_timeout": (("0", "0ms"), ("60s", "1min", "60000")),
    "lock_timeout": (("0", "0s"), ("10s", "10000ms", "10000")),
    "cron.log_run": (("on", "true", "yes", "1", "ON"), ("off", "false", "no", "0", "Off")),
    "cron.log_min_messages": (("warning", "WARNING"), ("debug1", "Debug1"), ("notice",)),
}
"""Each setting's values; the spellings of one are equal, and the first is the built-in one."""

RESTART_ONLY = "cron.log_run"
STRING = "log_filename"
"""A setting of free text that nothing here uses: the logging collector is off."""

STRING_DEFAULT = "postgresql-%Y-%m-%d_%H%M%S.log"
LIST = "search_path"
LISTS: Mapping[tuple[str, ...], str] = {
    ("$user", "public"): '"$user", public',
    ("public",): "public",
    ("pg_catalog",): "pg_catalog",
    ("Public",): '"Public"',
    ("A b", "public"): '"A b", public',
    ("a,b", 'q"q'): '"a,b", "q""q"',
}
"""What the server writes into its file for each list; the first one is the built-in value."""

CONF: Mapping[str, str] = {"app.prop_conf": "It's the FILE's $1", "random_page_cost": "3"}
"""What stands in postgresql.conf, where ALTER SYSTEM can remove nothing."""

NAMES = (*MEANINGS, STRING, LIST)


def built_in(name: str) -> str:
    """The text of the value that holds where no file has one."""
    if name == STRING:
        return STRING_DEFAULT
    if name == LIST:
        return next(iter(LISTS.values()))
    return MEANINGS[name][0][0]


def as_filed(name: str, written: Written) -> str:
    """The text that the server's file has after ALTER SYSTEM SET."""
    if isinstance(written, tuple):
        return LISTS[written] if name == LIST else ", ".join(written)
    return written


def same(name: str, left: str, right: str) -> bool:
    """Whether two texts in the server's files mean one value."""
    if left == right:
        return True
    return any(left in spellings and right in spellings for spellings in MEANINGS.get(name, ()))
