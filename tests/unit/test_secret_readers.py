from __future__ import annotations

from typing import Any

from cpctl.core.secret_places import readers_of

FUNCTIONS = [("key", "public.caller", "caller"), ("other", "elsewhere", "elsewhere")]


def _job(command: str, *, name: str | None = "a", active: bool = True) -> tuple[Any, ...]:
    return ("7", name, "0 2 * * *", command, "postgres", "worker", active)


def test_a_job_of_another_owner_reads_it_by_name_or_by_a_function() -> None:
    jobs = [
        _job("SELECT cpctl.secret('key')"),
        _job("SELECT caller()", name="b"),
        _job("SELECT caller()", name=None),
        _job("SELECT elsewhere(), key, 'key2'", name="c"),
        _job("SELECT cpctl.secret('key')", name="paused", active=False),
    ]
    assert readers_of("key", {"secret_readers": FUNCTIONS, "jobs": jobs}) == (
        ("function", "public.caller", ""),
        ("job", "a", "0 2 * * *"),
        ("job", "b", "0 2 * * *"),
        ("job", "jobid 7", "0 2 * * *"),
    )


def test_a_name_with_a_quote_in_it() -> None:
    assert readers_of("o'k", {"jobs": [_job("SELECT 'o''k'")]}) == (("job", "a", "0 2 * * *"),)
    assert readers_of("o'k", {}) == ()
