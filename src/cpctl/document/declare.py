"""Every entry of the document through its kind's model, those that expansions make included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Values
from typing import Any

from pydantic import ValidationError

from cpctl.core.kind import Kind
from cpctl.core.text import Text, Wrong, text
from cpctl.document.expand import Around, Entry, Expansion
from cpctl.document.findings import Findings
from cpctl.document.models import Head
from cpctl.document.node import Mapping, Node
from cpctl.document.parts import Parts
from cpctl.document.rules import outsiders, pretenders, twins
from cpctl.document.sections import take_defaults, troubles_in, validated
from cpctl.document.trouble import Trouble, trouble_of
from cpctl.document.words import Spot

Entries = Values[str, Values[Text, Any]]


def declared_entries(root: Mapping, head: Head, parts: Parts, findings: Findings) -> Entries:
    """Per kind, its entries by name; each name is a Text that knows where it was written."""
    _fill_in_defaults(root, parts)
    checked = {
        section.document_key: validated(section, entries, findings) if entries else {}
        for section in parts.sections()
        if isinstance(entries := root.at(section.document_key) or Mapping(), Mapping)
    }
    made = list(_expanded(root, Around(head, checked), parts.expansions, findings))
    return {
        kind.document_key: _of_kind(kind, checked, made, head, findings) for kind in parts.kinds
    }


def _fill_in_defaults(root: Mapping, parts: Parts) -> None:
    stated = root.at("defaults")
    for kind in parts.kinds:
        entries = root.at(kind.document_key)
        if kind.defaults and isinstance(stated, Mapping) and isinstance(entries, Mapping):
            fields = kind.defaults.model_fields
            take_defaults(entries, {key: node for key, node in stated.items() if key in fields})


def _expanded(
    root: Mapping, around: Around, found: Iterable[Expansion], findings: Findings
) -> Iterator[tuple[Entry, Node]]:
    """What expansions make, each entry with the node that it was made from."""
    for expansion in found:
        section, entries = root.at(expansion.document_key), around.sections[expansion.document_key]
        wrong = tuple(_misfits(expansion, section, entries, around))
        findings.add(wrong)
        for entry in () if wrong else expansion.expand(entries, around):
            yield entry, section.at(entry.origin) if isinstance(section, Mapping) else None


def _misfits(
    expansion: Expansion, section: Node, entries: Values[Text, Any], around: Around
) -> Iterator[Trouble]:
    for key, spec in entries.items():
        try:
            expansion.judge(key, spec, around)
        except Wrong as wrong:
            node = section.at(key) if isinstance(section, Mapping) else None
            field = node.at(wrong.field) if isinstance(node, Mapping) and wrong.field else None
            yield trouble_of(field if isinstance(field, Text) else key, wrong)


def _of_kind(
    kind: Kind,
    checked: Values[str, dict[Text, Any]],
    made: Iterable[tuple[Entry, Node]],
    head: Head,
    findings: Findings,
) -> Values[Text, Any]:
    own = checked[kind.document_key] if kind.written else {}
    ours = ((entry, node) for entry, node in made if entry.document_key == kind.document_key)
    added = [pair for entry, node in ours for pair in _made(kind, entry, node, findings)]
    declared = [*own.items(), *added]
    findings.add(twins(kind, declared))
    findings.add(pretenders(kind, declared))
    findings.add(outsiders(kind, declared, head.scope))
    return dict(declared) if added else own


def _made(kind: Kind, entry: Entry, node: Node, findings: Findings) -> Iterator[tuple[Text, Any]]:
    """One entry of an expansion through the model of its kind, named at the place it came from."""
    origin = entry.origin
    name = text(entry.name, origin.source, origin.start, origin.end, origin.style)
    fields, model = dict(entry.fields), kind.spec()
    try:
        spec = model.model_validate(fields)
        kind.check(name, spec)
    except (ValidationError, Wrong) as error:
        spot = Spot(model, fields, name, entry.name, source=node)
        findings.add(troubles_in(error, spot))
    else:
        yield name, spec
