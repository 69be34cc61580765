"""A fault in the YAML itself ends the reading, in words that say what to write."""

from __future__ import annotations

import pytest

from cpctl.core.text import Source
from cpctl.document.tree import read

REST = " The rest was not read."

WORDS = {
    "jobs:\n  a:\n    schedule: */5 * * * *  # often\n": (
        'f:3:15: a value that starts with * must be quoted: schedule: "*/5 * * * *"'
        " (in YAML a bare * is an alias)." + REST
    ),
    "a:\n  schedule: @daily\n": (
        'f:2:13: a value that starts with @ must be quoted: schedule: "@daily"'
        " (YAML keeps this sign for itself)." + REST
    ),
    "scope:\n  settings: [*]\n": (
        'f:2:14: a value that starts with * must be quoted: settings: ["*"]'
        " (in YAML a bare * is an alias)." + REST
    ),
    "a: [b, *]\n": 'f:1:8: a value that starts with * must be quoted: "*…"',
    "a: %x\n": 'f:1:4: a value that starts with % must be quoted: a: "%…"',
    "a: `x`\n": 'f:1:4: a value that starts with ` must be quoted: a: "`…"',
    "a: & b\n": 'f:1:4: a value that starts with & must be quoted: a: "&…"',
    "a: 'x\nb: c\n": "f:1:4: the quote ' that opens here is never closed."
    + REST
    + " Remedy: close",
    'a: "x\nb: c\n': 'f:1:4: the quote " that opens here is never closed.',
    "a:\n\tb: c\n": "f:2:1: a tab cannot indent YAML." + REST + " Remedy: indent with spaces",
    "a: b: c\n": "f:1:5: a plain value cannot hold a colon followed by a blank."
    + REST
    + " Remedy: put",
    "a:\n  b:'x'\n\n  c: d\n": (
        "f:2:4: a colon must be followed by a blank." + REST + " Remedy: write b: and the value"
    ),
    "a: b\n  c: d\n": "f:2:4: this line is indented below a key that already has its value.",
    'a: "\\q"\n': "f:1:5: a backslash in double quotes begins an escape, and YAML does not know",
    'a: "\\xZZ"\n': "begins an escape, and YAML does not know",
    "a: [b\n": "f:1:4: the [ that opens here is never closed." + REST + " Remedy: close it with ]",
    "a: {b: c\n": "f:1:4: the { that opens here is never closed."
    + REST
    + " Remedy: close it with }",
    "a: {b: ${C}}\n": "f:1:9: within { } a ${…} must be quoted."
    + REST
    + ' Remedy: write "${NAME}"',
    "a: {b: c\nd: e f: g}\n": "expected a comma or } here." + REST,
    "a: b\nc\nd: e\n": "f:2:1: this line has no `key:` and continues nothing."
    + REST
    + " Remedy: write",
    "a: - b\n": "f:1:4: a list cannot begin here.",
    "a: b\n- c\n": "f:2:1: expected a key here." + REST + " Remedy: line it up with the keys above",
    "a: |x\n  b\n": "f:1:5: nothing may follow | or > on its line."
    + REST
    + " Remedy: begin the text",
    "a: [b,,c]\n": "f:1:7: a value is missing here.",
    "  a: b\nc: d\n": "f:2:1: the file's keys ended before this line.",
    "%FOO bar\na: b\n": "lines that start with % are not read.",
    "a: x\x00y\n": "f:1:5: the control character U+0000 is not text." + REST + " Remedy: remove it",
    "a: \x1b[0m\n": "f:1:4: the control character U+001B is not text.",
    "a: \ud800\n": "f:1:4: the control character U+D800 is not text.",
}


@pytest.mark.parametrize(("text", "expected"), WORDS.items())
def test_the_parsers_faults_have_our_words(text: str, expected: str) -> None:
    reading = read(Source("f", text))
    assert reading.root is None
    assert expected in str(reading.troubles[-1].fault())


@pytest.mark.parametrize(
    "secret", ["*eyJhbGciOi", "@Tr0ub4dor", "%s3cr3t", "`s3cr3t`", "!s3cr3t x"]
)
def test_a_value_that_may_be_a_secret_is_not_shown_again(secret: str) -> None:
    for text in (f"key: {secret}\n", f"a: {{k: x, key: {secret}}}\n", f"key: [{secret}]\n"):
        assert secret[1:8] not in " ".join(str(t.fault()) for t in read(Source("f", text)).troubles)
