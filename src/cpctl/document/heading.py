"""The file's head through its model, as far as it goes: the entries are looked at all the same."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from cpctl.core.limits import Limits
from cpctl.core.scope import Scope
from cpctl.core.text import Text
from cpctl.document.findings import Findings
from cpctl.document.models import Head, head_model
from cpctl.document.node import Mapping
from cpctl.document.parts import Parts
from cpctl.document.trouble import Trouble, trouble_at
from cpctl.document.words import Spot, in_words

_STAND_IN: Final = {"version": "1", "name": "unnamed"}


def head_from(root: Mapping, top: Text, parts: Parts, findings: Findings) -> Head:
    """The head; where it is wrong, what is right of it. `top`: the place of the whole file."""
    keys = tuple(section.document_key for section in parts.sections())
    headings = tuple(heading.key for heading in parts.headings())
    tree = root.without(keys)
    model = head_model(parts, tree)
    try:
        checked = model.model_validate(tree)
    except ValidationError as error:
        findings.add(in_words(error, Spot(model, tree, top, "", (*keys, *headings))))
        checked = _what_is_right(model, tree)
    head = _plain(checked, parts, unread=tree.keys() - checked.model_fields_set)
    findings.add(_no_rename(root, head))
    return head


def _no_rename(root: Mapping, head: Head) -> Iterator[Trouble]:
    was = root.at("was")
    if isinstance(was, Text) and head.was == head.name:
        yield trouble_at(was, "`was` is the name that the file has", "remove this line")


def _what_is_right(model: type[BaseModel], tree: Mapping) -> BaseModel:
    right: dict[str, Any] = dict(_STAND_IN)
    for key, value in tree.items():
        try:
            model.model_validate({**_STAND_IN, key: value})
        except ValidationError:
            continue
        right[key] = value
    return model.model_validate(right)


def _plain(checked: BaseModel, parts: Parts, unread: Container[str]) -> Head:
    values: Any = checked
    globs = dict(values.scope)
    stated = ((kind, globs.get(kind.document_key)) for kind in parts.kinds)
    return Head(
        name=values.name,
        was=values.was,
        expect=values.expect,
        scope={kind.document_key: Scope(found, kind.fold) for kind, found in stated if found},
        store=values.store,
        defaults=values.defaults,
        ledger=values.ledger,
        limits=Limits(values.limits.deletes or Limits().deletes, values.limits.updates),
        require_allow=values.require_allow,
        headings={
            heading.key: getattr(values, heading.key, None)
            for heading in parts.headings()
            if heading.key not in unread
        },
    )
