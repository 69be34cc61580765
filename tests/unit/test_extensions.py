"""What an extension's kind makes of rows that no server of ours shows: a host that lends rights."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from cpctl.core.capabilities import Capabilities, Installed
from cpctl.core.change import Create
from cpctl.core.extension_spec import Spec, check
from cpctl.core.kind import Context, Rows, Survey
from cpctl.core.ledger import NOTHING, LedgerRights
from cpctl.core.resource import Address, Resource
from cpctl.core.text import Text, Wrong
from cpctl.kinds.extension import KIND
from cpctl.lints.extensions import refusals

HTTP = Address("extension", "http")
OFFERED: list[tuple[Any, ...]] = [("http", "1.6", True, True, False, None, [], False)]


def context(*, ledger: bool = False, **facts: Any) -> Context:
    usual: dict[str, Any] = {field.name: None for field in fields(Capabilities)}
    usual |= {
        "role": "postgres",
        "database": "postgres",
        "server_version_num": 170006,
        "superuser": False,
        "extensions": {"plpgsql": Installed("1.0", "pg_catalog")},
        "ledger": LedgerRights(ledger, ledger, 1 if ledger else None, ledger, ledger, ledger),
    }
    known: dict[str, Any] = dict.fromkeys(Context._fields)
    known |= {"capabilities": Capabilities(**{**usual, **facts}), "memory": NOTHING}
    return Context(**known)


def codes(lent: str | None, offered: list[tuple[Any, ...]] = OFFERED) -> list[str]:
    """Of a plain role that wants http."""
    asked = Resource(HTTP, {"installed": True}, {"said": ()})
    rows: Rows = {
        "extensions": [],
        "extension_offers": offered,
        "extension_rights": [(True, lent, ["public"], [])],
    }
    declared = KIND.complete({HTTP: asked}, rows, context())
    survey = Survey([Create(declared[HTTP])], declared, {}, rows, context())
    return [finding.code for finding in refusals(survey)]


@pytest.mark.parametrize(
    ("lent", "expected"),
    [
        (None, ["MISSING_RIGHT"]),
        ("", ["MISSING_RIGHT"]),
        ("pg_cron, pg_net", ["MISSING_RIGHT"]),
        ("https, httpx", ["MISSING_RIGHT"]),
        ("pg_cron, http,pg_net", []),
        ("http", []),
    ],
)
def test_a_host_lends_the_right_by_name(lent: str | None, expected: list[str]) -> None:
    assert codes(lent) == expected


def test_what_is_lent_must_be_there() -> None:
    assert codes("http", []) == ["EXTENSION_MISSING"]


def test_a_file_without_extensions_asks_nothing_where_nothing_is_remembered() -> None:
    assert KIND.queries(context(), ()) == ()


def test_what_needs_an_extension_is_asked_only_where_one_could_go() -> None:
    names = [query.name for query in KIND.queries(context(ledger=True), ())]
    assert names == ["extensions"]
    more = {"plpgsql": Installed("1.0", "pg_catalog"), "hstore": Installed("1.8", "public")}
    names = [query.name for query in KIND.queries(context(ledger=True, extensions=more), ())]
    assert names == ["extensions", "extension_dependents"]


def test_what_is_there_as_declared_asks_for_no_offers() -> None:
    more = {"http": Installed("1.6", "public")}
    for fields_, offers in (({}, False), ({"version": "1.6"}, False), ({"version": "1.7"}, True)):
        asked = Resource(HTTP, {"installed": True, **fields_}, {})
        names = {query.name for query in KIND.queries(context(extensions=more), (asked,))}
        assert ("extension_offers" in names) == offers


@pytest.mark.parametrize(
    ("name", "spec", "field"),
    [
        ("", {}, ""),
        ("a--b", {}, ""),
        ("-a", {}, ""),
        ("../a", {}, ""),
        ("a" * 64, {}, ""),
        ("hstore", {"version": "1--2"}, "version"),
        ("hstore", {"version": "1.0-"}, "version"),
        ("hstore", {"schema": "s" * 64}, "schema"),
    ],
)
def test_what_postgresql_takes_for_no_name(name: str, spec: dict[str, str], field: str) -> None:
    with pytest.raises(Wrong) as found:
        check(Text(name), Spec.model_validate(spec))
    assert found.value.field == field


@pytest.mark.parametrize("name", ["uuid-ossp", "pg_cron", "a.b", "Ä", "a" * 63])
def test_names_that_it_takes(name: str) -> None:
    check(Text(name), Spec.model_validate({"version": "1.4-1", "schema": "my -- schema"}))
