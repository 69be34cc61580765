"""The file's grammar of references, and that sources and grammar know the same ones."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cpctl.core.references import FORMS, PATTERN, SOURCES, absent, arguments, check_reference
from cpctl.core.text import Wrong
from cpctl.document.expand.secrets import Secret
from cpctl.document.schema import schema
from cpctl.secrets import source, sources

GOOD = [
    "env:A",
    "env:_a1",
    "file:/run/secrets/a b",
    "file:a\nb",
    "command:pass",
    "command: pass show 'a b' \"c\" d\\ e",
    "command:sh -c 'a\nb'",
    "dotenv:.env#A",
    "dotenv:a#b#C",
    "keyring:s/u",
    "keyring:https://a.example/x/u@b",
]
BAD = [
    "",
    "A",
    "env:",
    "env:1A",
    "env:A B",
    "env:A\n",
    "Env:A",
    " env:A",
    "file:",
    "command:",
    "command: \n",
    "dotenv:.env",
    "dotenv:#A",
    "dotenv:.env#",
    "dotenv:.env#A-B",
    "keyring:s",
    "keyring:/u",
    "keyring:s/",
    "vault:x",
    "https://a.example/x",
]
BROKEN = ["command:'a", 'command:a "b', "command:a \\", "command:'' a"]


def marked(reference: str) -> bool:
    """Whether an editor with our schema would complain."""
    file = {"version": 1, "name": "t", "secrets": {"k": {"from": reference}}}
    return not Draft202012Validator(schema("scheduler")).is_valid(file)


def test_the_grammar_has_the_sources_that_there_are() -> None:
    assert not sources().keys() ^ FORMS.keys()
    assert all(scheme == source(scheme).SCHEME for scheme in FORMS)
    assert all(form.written.startswith(f"{scheme}:") for scheme, form in FORMS.items())
    assert all(form.written in SOURCES for form in FORMS.values())


@pytest.mark.parametrize("reference", GOOD)
def test_what_is_a_reference(reference: str) -> None:
    check_reference(reference)
    assert Secret.model_validate({"from": reference}).source == reference
    assert not marked(reference)
    assert absent(reference)


@pytest.mark.parametrize("reference", BAD)
def test_what_is_none_is_not_shown(reference: str) -> None:
    with pytest.raises(Wrong) as wrong:
        check_reference(reference)
    assert "no reference" in wrong.value.what
    assert SOURCES in wrong.value.remedy
    assert reference == "A" or not reference or reference not in str(wrong.value)
    # In JSON Schema as in Python, $ is before a newline at the end, too.
    assert marked(reference) or reference.endswith("\n")


def test_a_source_that_is_nearly_one_is_named() -> None:
    near = {"envv:X": "env:NAME", "Env:X": "env:NAME", "dotenv:.env": "dotenv:FILE#NAME"}
    for reference, written in near.items():
        with pytest.raises(Wrong, match="no reference") as wrong:
            check_reference(reference)
        assert f'did you mean "{written}"?' in wrong.value.remedy


@pytest.mark.parametrize("reference", BROKEN)
def test_a_command_that_no_shell_could_part(reference: str) -> None:
    with pytest.raises(Wrong) as wrong:
        check_reference(reference)
    assert reference not in f"{wrong.value.what} {wrong.value.remedy}"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_words_are_parted_as_a_shell_joins_them(words: list[str]) -> None:
    if words[0]:
        assert arguments(shlex.join(words)) == words


def test_the_patterns_are_of_both_languages() -> None:
    assert "(?" not in PATTERN
    assert "\\Z" not in PATTERN
