"""The examples for Prometheus and Grafana ask for nothing that cpctl does not tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import typer
import yaml
from prometheus_client.parser import text_string_to_metric_families

from cpctl.cli.app import app_for
from tests.unit.server.sightings import whole_exposition

FOLDER = Path(__file__).parents[2] / "examples" / "monitoring"
OF_PROMETHEUS = {"instance", "job"}
VARIABLES = {"$__rate_interval": "5m", "$__range": "1d", "$job": ".*"}
Labels = Mapping[str, set[str]]
"""The values of each label of a metric."""


def told() -> Mapping[str, Labels]:
    found: dict[str, dict[str, set[str]]] = {"up": {}}
    for family in text_string_to_metric_families(whole_exposition().decode()):
        for sample in family.samples:
            known = found.setdefault(sample.name, {})
            for name, value in sample.labels.items():
                known.setdefault(name, set()).add(value)
    return found


TOLD = told()
RULES = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = {
    **{rule["alert"]: rule["expr"] for rule in RULES},
    **{
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in PANELS
        for target in panel["targets"]
    },
}


def nodes(expression: str) -> list[Any]:
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    assert "$" not in expression
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(expression), found.append)
    return found


def check(expression: str) -> None:
    """Every metric and label is one that an exposition has, and so is each value that is fixed."""
    found = nodes(expression)
    selectors = [node for node in found if isinstance(node, promql_parser.VectorSelector)]
    assert selectors
    for selector in selectors:
        labels = TOLD[selector.name or ""]
        for matcher in selector.matchers.matchers:
            assert matcher.name in {*labels, *OF_PROMETHEUS}, matcher
            if matcher.name in labels and matcher.value != ".*":
                assert set(matcher.value.split("|")) <= values(matcher.name, labels), matcher
    assert set(grouped(found)) <= labels_of(found)


def values(label: str, labels: Labels) -> set[str]:
    return {"failed", "succeeded"} if label == "outcome" else labels[label]


def labels_of(found: list[Any]) -> set[str]:
    names = (node.name for node in found if isinstance(node, promql_parser.VectorSelector))
    return {label for name in names for label in TOLD[name or ""]} | OF_PROMETHEUS


def grouped(found: list[Any]) -> Iterator[str]:
    for node in found:
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier:
            yield from node.modifier.labels
        if isinstance(node, promql_parser.BinaryExpr) and node.modifier and node.modifier.matching:
            yield from node.modifier.matching.labels


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_every_expression_asks_for_what_there_is(name: str) -> None:
    check(EXPRESSIONS[name])


@pytest.mark.parametrize(
    "wrong",
    [
        "cpctl_job_fails == 1",
        'cpctl_jobs{status="healthy"}',
        'cpctl_jobs{state="well"}',
        'cpctl_drift{class=~"drifted|gone"}',
        "sum by (action) (cpctl_drift)",
        "cpctl_job_failing == 1 unless on (name) cpctl_job_active == 1",
        "sum(cpctl_jobs",
    ],
)
def test_a_wrong_expression_is_noticed(wrong: str) -> None:
    with pytest.raises((AssertionError, KeyError, ValueError)):
        check(wrong)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_and_why_and_what_to_type(rule: dict[str, Any]) -> None:
    notes, commands = rule["annotations"], typer.main.get_command(app_for(()))
    assert notes.keys() == {"summary", "description", "runbook"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    typed = re.findall(r"cpctl (\w+)", notes["runbook"])
    assert typed
    assert set(typed) <= set(getattr(commands, "commands", {}))
    templates = set(re.findall(r"\$labels\.(\w+)", " ".join(notes.values())))
    assert templates <= labels_of(nodes(rule["expr"]))


def test_alerts_are_about_the_job_that_is_scraped() -> None:
    (scrape,) = yaml.safe_load((FOLDER / "prometheus.yaml").read_text("utf-8"))["scrape_configs"]
    (down,) = (rule["expr"] for rule in RULES if rule["alert"] == "CpctlDown")
    assert f'up{{job="{scrape["job_name"]}"}}' in down


def test_every_panel_shows_something_in_a_unit() -> None:
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource", "job"]
    for panel in PANELS:
        assert panel["targets"], panel["title"]
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
    squares = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    taken = [
        (x, y) for at in squares for x in span(at["x"], at["w"]) for y in span(at["y"], at["h"])
    ]
    assert len(taken) == len(set(taken)), "panels lie on one another"
    assert max(x for x, _ in taken) < 24


def span(start: int, length: int) -> range:
    return range(start, start + length)


def test_every_metric_of_the_jobs_is_in_the_dashboard() -> None:
    shown = " ".join(target["expr"] for panel in PANELS for target in panel["targets"])
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in TOLD} - {"up"}
    elsewhere = {"cpctl_build_info", "cpctl_job_paused"}
    assert {name for name in names if name not in shown} == elsewhere
