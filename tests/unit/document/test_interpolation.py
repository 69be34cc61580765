"""`${NAME}` is the environment's, after parsing; its values never reach an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.document.toys import PARTS, document, entry, faults

FILLED = {
    "${A}": "one",
    "${A}-${B}": "one-two",
    "x${A:-y}": "xone",
    "${EMPTY:-y}": "y",
    "${NONE:-}": "",
    "${NONE:-a b:-c}": "a b:-c",
    "$${A}": "${A}",
    "$$${A}": "$${A}",
    "$A $1 $$ $ {A}": "$A $1 $$ $ {A}",
}
ENV = {"A": "one", "B": "two", "EMPTY": ""}


@pytest.mark.parametrize(("written", "expected"), FILLED.items())
def test_variables_are_filled_in(written: str, expected: str) -> None:
    made = document(f"settings:\n  a.b: '{written}'\n", env=ENV)
    assert entry(made, "settings", "a.b").value == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    {
        "${NONE}": "a.yaml:4:8: NONE is not set. Remedy: set it, or ${NONE:-} if empty is meant",
        "'xy${NONE}'": "a.yaml:4:11: NONE is not set.",
        "'${A}${EMPTY}'": "a.yaml:4:13: EMPTY is empty. Remedy: set it, or ${EMPTY:-} if",
        '"\\x41 ${NONE}"': "a.yaml:4:14: NONE is not set.",
        "${A-x}": "a.yaml:4:8: `${A-…}` is no form that cpctl reads. Remedy: write ${NAME} or ${NA",
        "${A:?s3cr3t}": "a.yaml:4:8: `${A:?…}` is no form that cpctl reads.",
        "${A }": "a.yaml:4:8: `${A…}` is no form that cpctl reads.",
        "${}": "a.yaml:4:8: `${}` names no variable. Remedy: write ${NAME} or ${NAME:-default}; $$",
        "${A s3cr3t": "a.yaml:4:8: `${A…` is never closed. Remedy: close it with }; write ${NAME}",
        "${": "a.yaml:4:8: `${` is never closed.",
        "'${A:-${B}}'": "a.yaml:4:9: `${A:-…}` holds another ${, which is not read.",
        "${1A}": "a.yaml:4:8: `${1A}` is no variable: a name has letters, digits and _, and no dig",
        "${:-x}": "a.yaml:4:8: `${:-…}` is no variable: a name has letters",
        "${BAD}": "a.yaml:4:8: BAD holds a byte that is not UTF-8 text. Remedy: set it to text",
    }.items(),
)
def test_what_cannot_be_filled_in_is_said_at_its_sign(written: str, expected: str) -> None:
    (found,) = faults(f"settings:\n  a.b: {written}\n", env={**ENV, "BAD": "x\udcff"})
    assert found.startswith(expected)
    assert "s3cr3t" not in found


def test_the_words_of_an_empty_variable_are_those_of_ux_md() -> None:
    (found,) = faults(
        "urls:\n  content_automation: ${SUPABASE_URL}/functions/v1/x\n",
        env={"SUPABASE_URL": ""},
        env_file_with={"SUPABASE_URL": ".env"}.get,
    )
    assert found == (
        "a.yaml:4:23: SUPABASE_URL is empty. Remedy: set it, or --env-file .env "
        "(that file has it), or ${SUPABASE_URL:-} if empty is meant"
    )


def test_every_variable_that_is_missing_is_named_once_at_each_place() -> None:
    found = faults("settings:\n  a.b: ${X}${Y}\n  a.c: ${X}\n")
    assert [fault.split(" is ")[0] for fault in found] == [
        "a.yaml:4:8: X",
        "a.yaml:4:12: Y",
        "a.yaml:5:8: X",
    ]


def test_keys_and_raw_fields_are_taken_as_written() -> None:
    made = document("lamps:\n  '${A}':\n    shape: ${A}\n    note: do $$ ${A} $1 $$\n", env=ENV)
    lamp = entry(made, "lamps", "${A}")
    assert (lamp.shape, lamp.note) == ("one", "do $$ ${A} $1 $$")


def test_an_entry_that_is_named_like_a_raw_field_is_not_raw() -> None:
    made = document("settings:\n  note: ${A}\n", env=ENV)
    assert entry(made, "settings", "note").value == "one"


def test_lists_and_the_head_are_filled_in() -> None:
    made = document(
        "scope: {lamps: ['${A}*']}\nexpect: {host: '${B}'}\ndefaults: {room: '${A}'}\n"
        "lamps:\n  one_x:\n    shape: s\n    note: n\n    sizes: ['${B}']\n",
        env=ENV,
    )
    assert made.scope["lamps"].patterns == ("one*",)
    assert made.expect.host == "two"
    assert entry(made, "lamps", "one_x").room == "one"
    assert entry(made, "lamps", "one_x").sizes == ("two",)


def test_a_value_never_becomes_yaml() -> None:
    made = document("settings:\n  a.b: ${A}\n", env={"A": "x: [y\n- z # w"})
    assert entry(made, "settings", "a.b").value == "x: [y\n- z # w"


@given(st.from_regex(r"[A-Za-z0-9+/]{13,40}", fullmatch=True), st.sampled_from(["", "x ", "ab-"]))
def test_no_error_shows_what_a_variable_held(secret: str, before: str) -> None:
    shape = f"    shape: '{before}${{S}}'\n"
    wrong = "lamps:\n  a:\n    note: n\n    colour: ${S}\n    lit: ${S}\n"
    text = " ".join(faults(wrong + shape + "urls:\n  u: ${S}\n", env={"S": secret}))
    assert "${S}" in text
    assert secret not in text
    assert secret[:6] not in text.replace("${S}", "")


@pytest.mark.parametrize(
    "text", ["settings:\n  a.b: 'x,${S}'\n", "urls:\n  a: 'https://h/${S},'\n"]
)
def test_a_kinds_check_shows_no_variable_either(text: str) -> None:
    (found,) = faults(text, env={"S": "s3cr3t,s3cr3t"})
    assert "has a comma. Remedy: write" in found
    assert "s3cr3t" not in found


def test_a_rule_quotes_what_was_written() -> None:
    (found,) = faults("lamps:\n  a: {shape: 'x-${S}', note: n}\n", env={"S": "0123456789ab"})
    assert found == 'a.yaml:4:14: "x-${S}" is too long to be a shape. Remedy: shorten it'


def test_without_the_environment_variables_stay_and_no_rule_asks_for_them() -> None:
    text = (
        "urls:\n  u: ${S}/x\nsettings:\n  a.b: x${S}\n"
        "lamps:\n  a: {shape: '${SSSSSSSSSSSSSSSSSSS}', note: n, lit: '${S}'}\n"
        "  b: {shape: s, note: n}\n"
    )
    made = document(text, resolve=False)
    assert entry(made, "settings", "app.u_url").value == "${S}/x"
    assert entry(made, "settings", "a.b").value == "x${S}"
    assert list(made.entries["lamps"]) == ["b"]


def test_without_the_environment_a_malformed_variable_is_still_an_error() -> None:
    (found,) = faults("settings:\n  a.b: ${A-}\n", resolve=False)
    assert "`${A-}` is no form that cpctl reads" in found


def test_the_hash_of_the_inputs_knows_texts_and_variables_that_are_used() -> None:
    text = "settings:\n  a.b: ${A}\n"
    same = document(text, env={"A": "1"}).inputs.digest
    assert document(text, env={"A": "1", "B": "2"}).inputs.digest == same
    assert document(text, env={"A": "2"}).inputs.digest != same
    assert document(text + "# x\n", env={"A": "1"}).inputs.digest != same


UNREAD = PARTS._replace(unread=("settings",))


@pytest.mark.parametrize(("written", "expected"), FILLED.items())
def test_what_nobody_reads_is_filled_in_once(written: str, expected: str) -> None:
    made = document(f"settings:\n  a.b: '{written}'\n", env=ENV, parts=UNREAD)
    assert entry(made, "settings", "a.b").value == expected


def test_what_nobody_reads_may_lack_its_variables_and_nothing_else() -> None:
    made = document("settings:\n  a.b: ${A}${NONE}\n  a.c: ${A}\n", env=ENV, parts=UNREAD)
    assert entry(made, "settings", "a.b").value == "${A}${NONE}"
    assert entry(made, "settings", "a.c").value == "one"
    (found,) = faults("settings:\n  a.b: ${NONE\n", env=ENV, parts=UNREAD)
    assert found.startswith("a.yaml:4:8: `${NONE` is never closed.")
    text = "settings:\n  a.b: ${NONE}\nlamps:\n  hall: {shape: '${NONE}', note: n}\n"
    (found,) = faults(text, env=ENV, parts=UNREAD)
    assert found.startswith("a.yaml:6:")
