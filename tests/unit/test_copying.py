"""Which commands speak COPY with whoever sends them."""

from __future__ import annotations

import pytest

from cpctl.core.copying import copies


@pytest.mark.parametrize(
    "command",
    [
        "COPY t TO STDOUT",
        "copy (select ';' from t) to stdout with (format csv)",
        "SELECT 1; /* ; */ COPY\n t (a, b)\nFROM   STDIN;",
        '-- it\'s\nCOPY "a;b" TO STDOUT',
        "SELECT $x$ ' $x$; COPY t TO STDOUT",
        "SELECT E'\\''; COPY t TO STDOUT",
    ],
)
def test_it_does(command: str) -> None:
    assert copies(command)


@pytest.mark.parametrize(
    "command",
    [
        "COPY t TO '/tmp/stdout'",
        "COPY t TO PROGRAM 'cat > stdout'",
        "SELECT 'COPY t TO STDOUT'",
        "SELECT 1; -- COPY t TO STDOUT",
        "DO $$ BEGIN EXECUTE 'x'; COPY t TO STDOUT; END $$",
        "SELECT copy FROM stdin",
        "COPY t FROM '/f'; SELECT a FROM stdin",
        "",
    ],
)
def test_it_does_not(command: str) -> None:
    assert not copies(command)
