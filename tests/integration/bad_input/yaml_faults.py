"""Text that is no YAML, and YAML that would eat what was written."""

from __future__ import annotations

from tests.integration.bad_input.case import GOOD, HEAD, Bad, at_top, in_job

SYNTAX = (
    Bad("tab", ":4:1", "tab", "spaces", text=f"{HEAD}jobs:\n\tt_a:\n"),
    Bad("anchor", ":4:8", "anchor|&", "write|quote", text=GOOD.replace("t_a:", "t_a: &job")),
    Bad("anchor and alias", ":7:8", r"\*job|alias", "quote|write", text=at_top("  t_b: *job")),
    Bad("merge key", ":6:5", "<<", "defaults|write|remove", text=in_job("<<: {command: SELECT 1}")),
    Bad("tag", ":6:14", "tag", "remove", text=in_job("command: !!str SELECT 1")),
    Bad(
        "own tag",
        ":8:10",
        "tag|!",
        "remove|quote",
        text=at_top("settings:", "  app.x: !vault sealed"),
    ),
    Bad(
        "exclusion without quotes",
        ":8:15",
        "!",
        '"!t_old"|quote',
        text=at_top("scope:", "  jobs: [t_*, !t_old]"),
    ),
    Bad(
        "unclosed double quote",
        ":6:14",
        "never closed|not closed",
        'close it with "',
        text=in_job('command: "SELECT 1'),
    ),
    Bad(
        "unclosed single quote",
        ":6:14",
        "never closed|not closed",
        "close it with '",
        text=in_job("command: 'SELECT 1"),
    ),
    Bad("unclosed list", ":7:", "]|comma", "close|quote", text=at_top("scope: {jobs: [t_*}")),
    Bad("bad escape", ":6:23", "backslash|escape", r"\\\\", text=in_job(r'command: "SELECT E\d"')),
    Bad(
        "*/5 without quotes",
        ":5:15",
        r"\* .*quote",
        r'schedule: "\*/5 \* \* \* \*"',
        text=GOOD.replace("'* * * * *'", "*/5 * * * *"),
    ),
    Bad(
        "@daily without quotes",
        ":5:15",
        "@ .*quote",
        'schedule: "@daily"',
        text=GOOD.replace("'* * * * *'", "@daily"),
    ),
    Bad("[*] in scope", ":8:10", r"\* .*quote", r'\["\*"\]', text=at_top("scope:", "  jobs: [*]")),
    Bad(
        "% starts a value",
        ":6:14",
        "%.*quote",
        '"%SELECT 1"|quote',
        text=in_job("command: %SELECT 1"),
    ),
    Bad(
        "backtick starts a value",
        ":6:14",
        "`.*quote",
        '"|quote',
        text=in_job("command: `SELECT 1`"),
    ),
    Bad(
        "colon in a plain value", ":6:23", "colon", "quotes", text=in_job("command: SELECT 'a: b'")
    ),
    Bad("line without a key", ":3:1", "key", "key: value", text=f"{HEAD}jobs\n"),
    Bad("wrong indentation", ":7:4", "key", "line it up", text=GOOD + "   t_b:\n"),
    Bad(
        "complex key",
        ":4:5",
        "key must be text",
        "quotes",
        text=f"{HEAD}jobs:\n  ? [a, b]\n  : 1\n",
    ),
)

EATEN = (
    Bad(
        "# eats SQL",
        ":6:14",
        "#",
        "quotes|block",
        text=in_job("command: DELETE FROM t WHERE a # AND b"),
    ),
    Bad(
        "#>> eats SQL",
        ":6:14",
        "#",
        "quotes|block",
        text=in_job("command: SELECT a #>> '{b}'"),
        like="# eats SQL",
    ),
    Bad(
        "folded SQL",
        ":6:14",
        "fold|>",
        r"\|",
        text=in_job("command: >", "  SELECT 1 -- one", "  , 2"),
    ),
    Bad(
        "SQL over two plain lines",
        ":6:14",
        "lines",
        r"\|",
        text=in_job("command: SELECT 1", "  , 2"),
    ),
    Bad(
        "SQL over two quoted lines",
        ":6:14",
        "lines",
        r"\|",
        text=in_job('command: "SELECT 1', '  , 2"'),
        like="SQL over two plain lines",
    ),
    Bad(
        "comma in flow style",
        ":4:",
        "comma",
        "quotes",
        text=f"{HEAD}jobs:\n  t_a: {{schedule: '* * * * *', command: SELECT f(1, 2)}}\n",
    ),
)
