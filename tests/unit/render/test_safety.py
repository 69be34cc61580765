"""Whatever names and values a database or a file holds: properties of every format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cpctl.core.change import Change, Create, Delete, Update
from cpctl.core.finding import Finding
from cpctl.core.plan import Plan
from cpctl.core.resource import Address, Resource, Sealed, Value
from cpctl.core.sql import identifier
from cpctl.core.statement import Hole, Statement
from cpctl.render.as_json import drift_json, dumps, plan_json
from cpctl.render.drift import drift_text
from cpctl.render.markdown import drift_markdown, plan_markdown
from cpctl.render.parts.compare import hunks
from cpctl.render.parts.escape import escaped, quoted
from cpctl.render.schemas import schema
from cpctl.render.sql import plan_sql
from cpctl.render.text import plan_text
from tests.unit.render.plans import plan

few = settings(max_examples=60, deadline=None)
ODD = "\n\r\t\x00\x1b\x7f\x9b\u061c\u200e\u202e\u2028\u2066\ufeff\ud800\U000e0041`|\\<@\"'-+~# $1:"
texts = st.text(st.one_of(st.sampled_from(ODD), st.characters()), max_size=30)
commands = st.lists(texts, max_size=8).map("\n".join)
digests = st.sampled_from(["never-shown-1", "never-shown-2"]).map(Sealed)
crons = st.sampled_from(["*/5 * * * *", "0 2 * * 1", "@daily", "30 seconds", "0 0 $ * *"])
scalars = st.one_of(st.none(), st.booleans(), st.integers(), texts)
values: st.SearchStrategy[Value] = st.one_of(
    commands,
    digests,
    scalars,
    st.lists(scalars, max_size=3).map(tuple),
    st.dictionaries(texts, scalars, max_size=3),
)
fields = st.fixed_dictionaries({"schedule": st.one_of(values, crons), "second": values})
addresses = st.builds(Address, st.sampled_from(["job", "setting"]), texts)
references = st.one_of(st.none(), texts.map("env:{}".format))
FORMATS: dict[str, Callable[[Plan], str]] = {
    "text": lambda made: plan_text(made, verbose=True),
    "drift": lambda made: drift_text(made, verbose=True),
    "json": lambda made: dumps(plan_json(made)),
    "drift_json": lambda made: dumps(drift_json(made)),
    "markdown": plan_markdown,
    "drift_markdown": drift_markdown,
    "sql": plan_sql,
}


@st.composite
def changes(draw: st.DrawFn) -> Change:
    def resource() -> Resource:
        return Resource(address, draw(fields), {"reference": draw(references)})

    address = draw(addresses)
    match draw(st.sampled_from(["create", "update", "delete"])):
        case "create":
            return Create(resource(), draw(texts))
        case "delete":
            return Delete(resource(), draw(texts))
        case _:
            before, after = resource(), resource()
            return Update(before, after) if before.fields != after.fields else Create(after)


findings = st.builds(
    Finding,
    st.sampled_from(["MISSING_RIGHT", "PAUSED", "OTHER"]),
    texts.map("is {}".format),
    st.one_of(st.none(), addresses),
    texts,
)
statements = st.builds(
    Statement,
    st.just("SELECT $1, $2"),
    st.tuples(texts, st.one_of(texts, texts.map(lambda name: Hole(f"env:{name}")))),
    addresses,
    channel=st.sampled_from(["transaction", "system"]),
    late=st.booleans(),
    role=st.one_of(st.none(), texts),
    placeholder=st.just(""),
    locks=st.booleans(),
    setup=st.lists(texts.map(lambda name: f"GRANT x TO {identifier(name)}"), max_size=2).map(tuple),
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    made = draw(st.lists(changes(), max_size=4, unique_by=lambda change: change.address))
    several = st.lists(findings, max_size=2).map(tuple)
    return plan(
        *made,
        name=f"n{draw(texts)}",
        files=(draw(texts),),
        statements=tuple(draw(st.lists(statements, max_size=3))),
        hazards={change.address: draw(several) for change in made},
        refusals=draw(several),
        notes=draw(several),
        unmanaged=tuple(draw(st.lists(addresses, max_size=2))),
        incomplete=tuple(draw(st.lists(addresses, max_size=2))),
    )


@pytest.mark.parametrize("form", FORMATS)
@few
@given(made=plans())
def test_nothing_unprintable_and_no_digest_gets_out(form: str, made: Plan) -> None:
    text = FORMATS[form](made)
    assert text.replace("\n", "").isprintable()
    assert "never-shown" not in text
    assert FORMATS[form](made) == text
    text.encode()


@few
@given(made=plans())
def test_signs_start_the_lines_of_changes_and_no_others(made: Plan) -> None:
    found = [line for line in plan_text(made).split("\n") if re.match(r" *[-+~]", line)]
    expected = sum(_signs(change) for change in made.changes)
    assert len(found) == expected


def _signs(change: Change) -> int:
    if not isinstance(change, Update):
        return 2
    total = 0
    for name in change.changed:
        pair = change.before.fields[name], change.after.fields[name]
        differing = sum(sign in "+-" for sign, _ in hunks(*pair))
        total += 1 + differing
    return total


@few
@given(made=plans())
def test_drift_has_no_signs_at_all(made: Plan) -> None:
    assert not re.search(r"^ *[-+~]", drift_text(made).partition("\n")[2], re.MULTILINE)


@few
@given(made=plans())
def test_a_name_or_value_never_makes_a_line_of_its_own(made: Plan) -> None:
    known = re.compile(
        r"#|  [-+~#! ]|  (job|setting)\.|Note: |Plan: |No changes|Unmanaged: |Refused: |Remedy: |$"
    )
    lines = plan_text(made, verbose=True).split("\n")[1:]
    assert [line for line in lines if not known.match(line)] == []


@few
@given(made=plans())
def test_json_keeps_to_its_schemas(made: Plan) -> None:
    PLAN.validate(json.loads(dumps(plan_json(made))))
    DRIFT.validate(json.loads(dumps(drift_json(made))))


PLAN, DRIFT = Draft202012Validator(schema("plan")), Draft202012Validator(schema("drift"))


@few
@given(made=plans())
def test_markdown_has_a_row_of_four_cells_for_each_change(made: Plan) -> None:
    rows = [line for line in plan_markdown(made).split("\n") if re.match(r"\| [-+~] \|", line)]
    assert len(rows) == len(made.changes)
    assert all(row.count("|") == 5 for row in rows)


@few
@given(st.integers(0, 300), st.integers(0, 3000), st.sampled_from("x`|é\x1b@"))
def test_markdown_is_never_too_long(number: int, size: int, sign: str) -> None:
    long = sign * size
    made = plan(
        *(
            Delete(
                Resource(Address("job", f"{n}{long}"), {"a": long, "b": f"{long}\n{n}"}, {}), long
            )
            for n in range(number)
        ),
        name="content-pipeline",
        notes=tuple(Finding("X", long, Address("job", long)) for _ in range(number)),
        refusals=tuple(Finding("X", long, Address("job", long), long) for _ in range(number)),
    )
    assert len(plan_markdown(made, "production")) < 65_536
    assert len(drift_markdown(made, "production")) < 65_536


@given(texts)
def test_a_quoted_text_can_be_told_from_every_other(text: str) -> None:
    assert quoted(text).isprintable()
    assert _unquoted(quoted(text)) == text


def _unquoted(shown: str) -> str:
    spelled = re.compile(r'\\(["\\nrt]|u[0-9a-f]{4}|U[0-9a-f]{8})')
    short = {"n": "\n", "r": "\r", "t": "\t"}

    def sign(found: re.Match[str]) -> str:
        code = found[1]
        return short.get(code, code) if len(code) == 1 else chr(int(code[1:], 16))

    return spelled.sub(sign, shown[1:-1])


@given(texts)
def test_a_printable_text_is_left_alone(text: str) -> None:
    assert escaped(text).isprintable()
    assert not text.isprintable() or escaped(text) == text
