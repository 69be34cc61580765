"""urls and secrets are sugar: what they become, and that nothing secret is shown on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import RootModel

from cpctl.core.text import Text
from cpctl.document.expand import Around, Entry, Expansion
from cpctl.document.parts import Parts
from tests.unit.document.toys import DIAL, LAMP, PARTS, Lamp, document, entry, faults, toy

BOTH = "urls:\n  sweeper: https://a.b/c\nsecrets:\n  key: {from: 'env:KEY'}\n"


@pytest.mark.parametrize("store", ["system", "database"])
def test_urls_and_secrets_become_settings(store: str) -> None:
    dials = document(f"store: {store}\n{BOTH}").entries["settings"]
    assert {name: dial.model_dump() for name, dial in dials.items()} == {
        "app.key": {"value": None, "secret": "env:KEY", "store": store},
        "app.sweeper_url": {"value": "https://a.b/c", "secret": None, "store": store},
    }


def test_what_they_become_stands_where_they_stand() -> None:
    made = document(BOTH)
    assert str(made.place_of("settings", "app.sweeper_url")) == "a.yaml:4:3"
    assert str(made.place_of("settings", "app.key")) == "a.yaml:6:3"
    assert str(made.place_of("settings", "app.key", "value")) == "a.yaml:6:3"


@pytest.mark.parametrize(
    "url", ["http://h", "https://h:8443/a?b=c#d", "https://[::1]/x", "HTTPS://H/"]
)
def test_urls_that_can_be_called_are_taken(url: str) -> None:
    assert faults(f"urls:\n  u: '{url}'\n") == []


@pytest.mark.parametrize(
    ("url", "expected"),
    {
        "": "a URL begins with https:// or http://. Remedy: write it like https://abc.supabase.co/",
        "/functions/v1/x": "a URL begins with https:// or http://",
        "ftp://h/x": "a URL begins with https:// or http://",
        "https:///x": "this URL has no host",
        "https://a b/": "a URL has no blanks",
        "https://a.b/ ": "a URL has no blanks",
        "https://[x": "this is no URL: its host or port cannot be read",
        "https://h:99999/": "this is no URL: its host or port cannot be read",
        "https://user:pw@h/x": "this URL holds credentials. Remedy: take them out, and give them u",
        "https://token@h/x": "this URL holds credentials",
    }.items(),
)
def test_urls_that_cannot_be_called_are_refused(url: str, expected: str) -> None:
    (found,) = faults(f"urls:\n  u: '{url}'\n")
    assert found.startswith(f"a.yaml:4:6: {expected}")
    assert "pw" not in found
    assert "token@" not in found


def test_a_url_is_checked_after_its_variables_are_filled_in() -> None:
    (found,) = faults("urls:\n  u: ${HOST}/x\n", env={"HOST": "abc.supabase.co"})
    assert found.startswith("a.yaml:4:6: a URL begins with https://")


REFERENCES = {
    "s3cr3t": "a.yaml:4:6: a secret is given by reference, never by value. Remedy: name its source",
    "[s3cr3t]": "a.yaml:4:3: a secret is given by reference, never by value.",
    "{from: s3cr3t}": "a.yaml:4:13: this is no reference to a secret. Remedy: name its source: {fr",
    "{from: 'env:s3cr3t x'}": "a.yaml:4:13: this is no reference to a secret.",
    "{from: [s3cr3t]}": "a.yaml:4:7: `from` must be text, not a list.",
    "{frm: s3cr3t}": "a.yaml:4:7: unknown key `frm` in secrets.k. Remedy: did you mean `from`?",
    "{}": 'a.yaml:4:3: secrets.k needs `from`. Remedy: add from: "env:SUPABASE_SERVICE_ROLE_KEY"',
    "{from: 'env:X', value: s3cr3t}": "a.yaml:4:22: unknown key `value` in secrets.k. Remedy: it c",
    "null": "a.yaml:4:3: a secret is given by reference, never by value.",
}


@pytest.mark.parametrize(("written", "expected"), REFERENCES.items())
def test_a_secret_is_a_reference_and_its_value_is_never_shown(written: str, expected: str) -> None:
    (found,) = faults(f"secrets:\n  k: {written}\n")
    assert found.startswith(expected)
    assert "s3cr3t" not in found


@given(st.text(st.characters(codec="utf-8"), min_size=8))
@example("dotenv:F")
def test_no_text_in_the_place_of_a_secret_is_shown(secret: str) -> None:
    """Unless the message says so of any other text, too: it names what a source looks like."""
    for form in ("secrets:\n  k: {}\n", "secrets:\n  k: {{from: {}}}\n", "secrets:\n  k: '{}'\n"):
        found = " ".join(faults(form.format(secret)))
        of_any = " ".join(faults(form.format("z" * 8)))
        assert secret.strip() not in found or secret.strip() in of_any


def test_secrets_come_from_files_too() -> None:
    made = document("secrets:\n  k: {from: 'file:/run/secrets/k'}\n")
    assert entry(made, "settings", "app.k").secret == "file:/run/secrets/k"


@pytest.mark.parametrize("section", ["urls", "secrets"])
@pytest.mark.parametrize("name", ["a-b", "a.b", "1a", '""', "é"])
def test_names_become_parts_of_settings_names(section: str, name: str) -> None:
    value = "https://h" if section == "urls" else "{from: 'env:X'}"
    (found,) = faults(f"{section}:\n  {name}: {value}\n")
    assert found.startswith(f'a.yaml:4:3: "{name.strip(chr(34))}" is no name for one of {section}.')


TWINS = {
    "settings:\n  app.x_url: y\nurls:\n  x: https://h\n": (
        "a.yaml:6:3: dial `app.x_url` is declared twice: at a.yaml:4:3 already. Remedy: remove"
    ),
    "settings:\n  App.X_url: y\nurls:\n  x: https://h\n": (
        "a.yaml:6:3: dial `App.X_url` is declared twice: at a.yaml:4:3 already, here as `app.x_url`"
    ),
    "urls:\n  x: https://h\nsecrets:\n  x_url: {from: 'env:X'}\n": "a.yaml:4:3: dial `app.x_url` i",
    "urls:\n  x: https://h\n  X: https://h\n": "a.yaml:5:3: dial `app.x_url` is declared twice:",
    "settings:\n  a.b: c\n  A.B: c\n": "a.yaml:5:3: dial `a.b` is declared twice: at a.yaml:4:3",
}


@pytest.mark.parametrize(("text", "expected"), TWINS.items())
def test_twins_are_found_across_sections_and_letter_case(text: str, expected: str) -> None:
    (found,) = faults(text)
    assert expected in found


def test_letter_case_makes_no_twins_where_the_kind_tells_them_apart() -> None:
    assert faults("lamps:\n  a: {shape: s, note: n}\n  A: {shape: s, note: n}\n") == []


HUED = toy(
    name="lamp",
    document_key="lamps",
    spec=lambda: Lamp,
    identity=lambda key, spec: (spec.room or key, spec.colour),
)


@pytest.mark.parametrize(
    ("more", "expected"),
    {
        "room: a": ["a.yaml:5:3: lamp `a` is declared twice: at a.yaml:4:3 already, here as `b`"],
        "room: A": [],
        "room: a, colour: green": [],
    }.items(),
)
def test_twins_are_what_the_kind_takes_for_one(more: str, expected: list[str]) -> None:
    text = f"lamps:\n  a: {{shape: s, note: n}}\n  b: {{shape: s, note: n, {more}}}\n"
    found = faults(text, parts=Parts((HUED, DIAL), PARTS.expansions))
    assert [fault.split(". Remedy")[0] for fault in found] == expected


SCOPED = {
    "scope: {lamps: [b*]}\nlamps:\n  a: {shape: s, note: n}\n": (
        "a.yaml:5:3: lamp `a` is outside scope.lamps (b*). Remedy: add a pattern that takes it in"
    ),
    "scope: {settings: [b.*, '!b.c']}\nsettings:\n  b.c: d\n": "a.yaml:5:3: dial `b.c` is outside",
    "scope: {settings: [b.*]}\nurls:\n  x: https://h\n": "a.yaml:5:3: dial `app.x_url` is outside",
}


@pytest.mark.parametrize(("text", "expected"), SCOPED.items())
def test_what_is_declared_must_be_in_a_stated_scope(text: str, expected: str) -> None:
    (found,) = faults(text)
    assert found.startswith(expected)


def test_what_has_no_scope_name_is_in_no_scope() -> None:
    assert faults("scope: {settings: [App.*]}\nsettings:\n  work_mem: 1\n  aPP.x: y\n") == []


class Pair(RootModel[str]):
    """Two dials with one value."""


def _twice(entries: Mapping[Text, Pair], around: Around) -> Iterable[Entry]:
    for name, pair in entries.items():
        for side in ("left", "right"):
            yield Entry("settings", f"{around.head.name}.{name}_{side}", {"value": pair.root}, name)


def test_a_new_expansion_is_one_record() -> None:
    pairs = Expansion(document_key="pairs", spec=lambda: Pair, expand=_twice)
    made = document("pairs:\n  x: y\n", parts=Parts((LAMP, DIAL), (pairs,)))
    assert set(made.entries["settings"]) == {"house.x_left", "house.x_right"}


def test_expansions_are_found_by_a_scan() -> None:
    assert [sugar.document_key for sugar in PARTS.expansions] == [
        "edge_functions",
        "secrets",
        "urls",
    ]
