"""Whatever a file holds, a migration is comments and one statement, with texts in quotes."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cpctl.core.finding import Finding
from cpctl.core.migration import Offline, Script
from cpctl.core.resource import Address
from cpctl.core.scope import Scope
from cpctl.core.text import Source
from cpctl.document import Document, load
from cpctl.kinds import registry
from cpctl.render.migration import Heading, migration_sql, quote, refusal, scripts_of

few = settings(max_examples=200, deadline=None)
ODD = "\n\r\t\x1b\x7f\x9b\u061c\u202e\u2028\ufeff\U000e0041`|\\<@\"'-+~# $1:cpctlsql"
texts = st.text(st.one_of(st.sampled_from(ODD), st.characters(codec="utf-8")), max_size=30)
STRING = re.compile(r"E?'(?:[^'\\]|''|\\.)*'", re.DOTALL)


def unquoted(literal: str) -> str:
    """What PostgreSQL reads, said a second time: dollars, E'' or plain quotes."""
    if literal.startswith("$"):
        tag = literal[: literal.index("$", 1) + 1]
        body, rest = literal[len(tag) :].split(tag)
        assert rest == ""
        return body
    if literal.startswith("'"):
        assert "\\" not in literal
        return literal[1:-1].replace("''", "'")
    assert STRING.fullmatch(literal)
    escapes = {"\\t": "\t", "\\r": "\r", "\\\\": "\\", "''": "'"}
    return re.sub(
        r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})|\\.|''",
        lambda found: escapes.get(found[0]) or chr(int(found[1] or found[2], 16)),
        literal[2:-1],
    )


@few
@example("it's $sql")
@example("it's $sql$ $sql1$ $")
@example("$sql$it's")
@given(texts)
def test_a_literal_is_read_back_and_prints(value: str) -> None:
    literal = quote(value)
    assert unquoted(literal) == value
    assert literal.replace("\n", "").isprintable()


def document(text: str) -> Document:
    return load([Source("a.yaml", text)], {})


def made(read: Document, *, skip: bool = False) -> tuple[Script, ...]:
    offline = Offline("a.yaml", read.store, None, read.scope, skip, quote)
    return scripts_of(registry(), read.entries, offline)


@few
@given(texts, texts, texts)
def test_hostile_names_stay_in_comments_and_quotes(name: str, glob: str, file: str) -> None:
    heading = Heading("test", (f"a{file}",), {"database": f"x{glob}", "host": glob})
    scope = {"jobs": Scope((f"a{glob}",)), "settings": Scope((f"a.{glob}",), fold=True)}
    read = document("version: 1\nname: test\njobs: {a: {schedule: 0 3 * * *, command: SELECT 1}}\n")
    offline = Offline(f"a{file}", "database", f"o{name}", scope, skip_secrets=False, quote=quote)
    scripts = (
        *scripts_of(registry(), read.entries, offline),
        Script(notes=(name, glob), skipped=(Address("secret", name),)),
    )
    text = migration_sql(heading, scripts)
    comments, tag, rest = re.split(r"^DO (\$\w+\$)\n", text, maxsplit=1, flags=re.MULTILINE)
    assert all(line.startswith("--") for line in comments.splitlines())
    assert comments.replace("\n", "").isprintable()
    body, end = rest.split(tag)
    assert end == ";\n"
    assert body.startswith("BEGIN\n")
    assert body.endswith("\nEND\n")


def test_nothing_declared_is_a_statement_too() -> None:
    text = migration_sql(Heading("test", ("a.yaml",), {}), made(document("version: 1\nname: t\n")))
    assert text.endswith("DO $cpctl$\nBEGIN\n    NULL;\nEND\n$cpctl$;\n")


def test_a_single_refusal_has_one_remedy_and_others_tell_their_own() -> None:
    one = Finding("A", "is wrong", Address("job", "a\x1b"), "do this")
    other = Finding("B", "is wrong too", Address("job", "b"), "do that")
    assert refusal([one], ["a.yaml"]) == (
        "a.yaml cannot become a migration as it is. Nothing was written.",
        ("job.a\\u001b    is wrong",),
        "do this",
    )
    _, lines, remedy = refusal([one, other], ["a.yaml"])
    assert lines[1] == "job.b          is wrong too (do that)"
    assert remedy == "what each line says; or cpctl apply, which can do all of it"
