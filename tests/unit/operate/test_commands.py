"""What the text of a command names, and what only looks like it."""

from __future__ import annotations

import pytest

from cpctl.operate.commands import Setting, named

CALLS = {
    "SELECT trigger_cleanup();": ["trigger_cleanup()"],
    'select Shop."Sweep It"(1), f (2)': ["shop.Sweep It()", "f()"],
    "select f(g(1), (h()))": ["f()", "g()", "h()"],
    "CALL p(); SELECT q()": ["p()", "q()"],
    "select * from f() as g(a, b) join lateral h(1) on i()": ["f()", "h()", "i()"],
    "with t (a) as (select f()) insert into u (a) select a from t": ["f()"],
    "update t set a = f() where b in (g())": ["f()", "g()"],
    "select a::numeric(10), cast(b as mine(3))": ["cast()"],
    "select 'f()', $$g()$$, $x$h()$x$, E'i\\'()' -- j()\n /* k() */": [],
    "select 'it''s', f()": ["f()"],
    "create index on t (lower(a))": [],
    "VACUUM (ANALYZE) t": [],
    "copy t (a) to 'file'": [],
    "do $$ begin perform f(); end $$": [],
    "": [],
    "select f(": ["f()"],
    "select 'unclosed": [],
}


@pytest.mark.parametrize("command", CALLS)
def test_calls(command: str) -> None:
    assert [str(call) for call in named(command).calls] == CALLS[command]


def test_settings_secrets_and_vault() -> None:
    found = named(
        "select current_setting('App.x'), current_setting('app.y', true), cpctl.secret('key'), "
        "(select decrypted_secret from vault.decrypted_secrets where name = 'it''s'), "
        "current_setting(other), secret('no')"
    )
    assert found.settings == (Setting("app.x", required=True), Setting("app.y", required=False))
    assert found.secrets == ("key",)
    assert found.vault == ("it's",)
    assert named("select 'x' from t where name = 'x'").vault == ()


@pytest.mark.parametrize(
    ("command", "copies"),
    [
        ("COPY t TO STDOUT", True),
        ("select 1; copy (select 1) to stdout with (format csv)", True),
        ("copy t from stdin", True),
        ("copy t to '/tmp/x'", False),
        ("copy t to program 'cat'", False),
        ("select 'copy t to stdout'", False),
        ("do $$ begin copy t to stdout; end $$", False),
    ],
)
def test_copies_from_and_to_the_client(command: str, copies: bool) -> None:  # noqa: FBT001
    assert named(command).copies is copies
