"""What is wrong in a file is told without the secret that stands there, or that a variable held."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.steps import document
from tests.leaks.place import Place
from tests.leaks.ways import PLAIN

COMMANDS = (
    ("validate",),
    ("validate", "--print"),
    ("plan", "--format", "json"),
    ("apply", "--auto-approve", "--debug"),
    ("diff",),
    ("status", "--debug"),
    ("rollback", "--auto-approve"),
)
HEAD = "version: 1\nname: test\n"
JOB = 'jobs:\n  mine: {schedule: "0 3 29 2 *", command: SELECT 1}\n'

pytestmark = pytest.mark.parametrize("way", PLAIN[-1:], ids=str, indirect=True)


def mistaken(secret: str) -> Iterator[tuple[str, str]]:
    """A secret where there should be a reference, or nothing at all."""
    quoted = f"'{secret.replace(chr(39), chr(39) * 2)}'"
    yield "a value for a reference", document(secrets={"mine_key": secret})
    yield "a value for a source", document(secrets={"mine_key": {"from": secret}})
    yield "an unknown source", document(secrets={"mine_key": {"from": f"vault:{secret}"}})
    yield "an unknown key", document(secrets={"mine_key": {"from": "env:KEY", "value": secret}})
    yield "a list", document(secrets=[secret])
    yield "an unclosed quote", f"{HEAD}secrets:\n  mine_key: '{secret.replace(chr(39), '')}\n"
    yield "an unclosed brace", f"{HEAD}secrets: {{mine_key: {{from: {quoted}\n{JOB}"
    yield "an anchor", f"{HEAD}secrets:\n  mine_key: &a {quoted}\n"
    yield "a tag", f"{HEAD}secrets:\n  mine_key: !secret {quoted}\n"
    yield "two documents", f"{HEAD}---\nsecrets:\n  mine_key: {quoted}\n"
    yield "the same key twice", f"{HEAD}secrets:\n  a: {{from: env:A}}\n  a: {quoted}\n"


def interpolated() -> Iterator[tuple[str, str]]:
    """A variable with a secret in it, where its value is judged.

    What reaches a setting, a scope, an expectation or a reference is no secret: docs/apply.md.
    """
    yield "no URL", document(urls={"mine": "${KEY}"})
    yield "a URL with credentials", document(urls={"mine": "https://user:${KEY}@host/x"})
    yield "no schedule", document(jobs={"mine": {"schedule": "${KEY}", "command": "SELECT 1"}})
    yield "no name", document(defaults={"username": "${KEY}"}, store="${KEY}")
    yield "no boolean", document(ledger="${KEY}")
    yield "no number", document(limits={"deletes": "${KEY}"})
    yield "no source", document(secrets={"mine_key": {"from": "${KEY}"}})


def judge(place: Place, outcome: str, *, fails: bool) -> None:
    codes = [place.run(outcome, *arguments).code for arguments in COMMANDS]
    assert not fails or all(codes), (outcome, codes)


def test_a_secret_in_the_file_by_mistake(place: Place) -> None:
    for outcome, text in mistaken(place["new"]):
        place.write(text)
        judge(place, outcome, fails=True)
    place.tally.verdict()


def test_a_secret_in_a_variable_that_does_not_fit(place: Place) -> None:
    for outcome, text in interpolated():
        place.write(text)
        judge(place, outcome, fails=False)
    place.tally.verdict()


def test_an_env_file_that_cannot_be_read(place: Place) -> None:
    secret = place["added"]
    place.write(place.file())
    for outcome, line in {
        "no name": secret,
        "an open quote": f"ADDED='{secret.replace(chr(39), '')}",
        "twice": f"ADDED=\"x\"\nADDED='{secret.replace(chr(39), '')}'",
        "text behind it": f"ADDED='x' {secret}",
        "a reference": f"ADDED=${{{secret.replace(chr(39), '')}}}",
    }.items():
        place.write(f"{line}\n", "secrets.env")
        for arguments in COMMANDS:
            assert place.run(outcome, *arguments, "--env-file", "secrets.env").code, outcome
    place.tally.verdict()
