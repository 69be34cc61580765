"""The models' complaints in our words, each at the scalar or key that it is about.

A value is never shown again unless a rule of ours quotes it, and then without what a variable held.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Values
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from cpctl.core.text import Source, Text, Wrong
from cpctl.document.interpolate import Unresolved
from cpctl.document.mask import masked
from cpctl.document.node import ANY, Mapping, Node
from cpctl.document.trouble import Trouble, trouble_of

_MAPPING: Final = ("a mapping", "write its `key: value` lines below it, indented")
_LIST: Final = ("a list", 'write it in brackets: ["VALUE"]')
_FLAG: Final = ("true or false", "write true or false, without quotes")
_EXPECTED: Final[Values[str, tuple[str, str]]] = {
    "string_type": ("text", "write one value on this line"),
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "int_type": ("a whole number", "write digits"),
    "int_parsing": ("a whole number", "write digits"),
    "float_type": ("a number", "write digits"),
    "float_parsing": ("a number", "write digits"),
}
_PLAIN: Final = re.compile(r"[\w./][\w./ ;()-]*")


class Spot(NamedTuple):
    """What a model looked at: the node under `key`, shown as `path`; `keys` where it has more.

    `source`: the node that this one was made from, where it is no node of the file.
    """

    model: type[BaseModel]
    node: Node | Values[str, Any]
    key: Text
    path: str
    keys: tuple[str, ...] = ()
    source: Node = None

    @property
    def written(self) -> Node:
        return self.node if isinstance(self.node, Text | Mapping | list) else self.source


class _Place(NamedTuple):
    key: Text
    node: Any

    @property
    def text(self) -> Text:
        return self.node if isinstance(self.node, Text) else self.key


def in_words(error: ValidationError, spot: Spot) -> Iterator[Trouble]:
    """Each complaint once; nothing about scalars whose variables are not known.

    Of the complaints of a union's members about one place, those that got furthest count.
    """
    problems = error.errors(include_url=False)
    meant = {_meant(problem, spot) for problem in problems}
    furthest: dict[tuple[Source, int], int] = {}
    for problem in sorted(problems, key=lambda it: len(it["loc"]), reverse=True):
        loc = problem["loc"]
        if problem["type"] == "missing" and meant & {loc, (*loc[:-1], f"{loc[-1]}_file")}:
            continue
        place = _walk(spot, loc)
        where = _where(problem, place)
        if len(loc) < furthest.setdefault((where.source, where.start), len(loc)):
            continue
        if not isinstance(where, Unresolved):
            yield trouble_of(where, masked(_wrong(problem, place, spot), spot.written))


def _where(problem: ErrorDetails, place: _Place) -> Text:
    if problem["type"] == "extra_forbidden":
        return place.key
    gap = _gap(problem, place)
    return place.text if gap is None else gap


def _gap(problem: ErrorDetails, place: _Place) -> Text | None:
    """The text that is the reason why something is missing, or is not what it should be."""
    gaps = place.node.gaps if isinstance(place.node, Mapping) else {}
    names: tuple[str | None, ...] = (ANY,)
    if problem["type"] == "missing":
        name = problem["loc"][-1]
        names = (str(name), f"{name}_file", ANY)
    return next((gaps[name] for name in names if name in gaps), None)


def _meant(problem: ErrorDetails, spot: Spot) -> tuple[int | str | None, ...]:
    """The key that a complaint is about; of an unknown key, the one it resembles."""
    loc, kind = problem["loc"], problem["type"]
    if kind == "extra_forbidden":
        return (*loc[:-1], _near(problem, spot))
    return () if kind == "missing" else loc


def _walk(spot: Spot, loc: Iterable[int | str]) -> _Place:
    """The deepest place on the way that was written; a union's own steps are no places."""
    place = _Place(spot.key, spot.node)
    for part in loc:
        node = place.node
        if isinstance(node, Mapping) and part in node:
            place = _Place(node.key(str(part)), node.at(str(part)))
        elif _is_step(node, part):
            place = _Place(place.key, node[part])
    return place


def _is_step(node: Any, part: int | str) -> bool:  # noqa: ANN401  whatever a model was given
    if isinstance(node, list | tuple):
        return isinstance(part, int) and part < len(node)
    return isinstance(node, dict) and part in node


def _wrong(problem: ErrorDetails, place: _Place, spot: Spot) -> Wrong:
    kind, loc = problem["type"], problem["loc"]
    raised = problem.get("ctx", {}).get("error")
    if isinstance(raised, Wrong):
        return raised
    if kind == "missing":
        return _missing(spot, loc, _gap(problem, place))
    if kind == "extra_forbidden":
        return _unknown(problem, spot)
    return _mistyped(problem, _label(loc, place))


def _missing(spot: Spot, loc: tuple[int | str, ...], gap: Text | None) -> Wrong:
    name = str(loc[-1])
    fields = _fields(_model_at(spot.model, loc[:-1]))
    examples = (fields[name].examples if name in fields else None) or ["VALUE"]
    remedy = f"add {name}: {_example(examples[0])}"
    if f"{name}_file" in fields:
        remedy += f", or {name}_file: PATH"
    path = _path(spot, loc[:-1]) or "the file"
    if gap in (name, f"{name}_file"):
        return Wrong(f"`{gap}: null` takes away what {path} needs", f"remove the null, or {remedy}")
    return Wrong(f"{path} needs `{name}`", remedy)


def _example(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def _unknown(problem: ErrorDetails, spot: Spot) -> Wrong:
    loc = problem["loc"]
    path, near = _path(spot, loc[:-1]), _near(problem, spot)
    known = ", ".join(_known(spot, loc[:-1]))
    what = f"unknown key `{loc[-1]}`{f' in {path}' if path else ''}"
    return Wrong(what, f"did you mean `{near}`?" if near else f"it can have {known}")


def _near(problem: ErrorDetails, spot: Spot) -> str | None:
    *above, name = problem["loc"]
    return _nearest(str(name).lower(), tuple(_known(spot, above)))


@cache
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(name, known, n=1, cutoff=0.6)), None)


def _known(spot: Spot, loc: Iterable[int | str]) -> list[str]:
    return [*_fields(_model_at(spot.model, loc)), *(() if loc else spot.keys)]


def _fields(model: type[BaseModel] | None) -> dict[str, FieldInfo]:
    """A model's fields under the keys that a file uses for them."""
    fields = model.model_fields.items() if model else ()
    return {field.alias or name: field for name, field in fields}


def _model_at(model: type[BaseModel] | None, loc: Iterable[int | str]) -> type[BaseModel] | None:
    for part in loc:
        field = _fields(model).get(str(part))
        model = _model_in(field.annotation) if field else model
    return model


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)


def _path(spot: Spot, loc: Iterable[int | str]) -> str:
    return ".".join(filter(None, (spot.path, *map(str, loc))))


def _label(loc: tuple[int | str, ...], place: _Place) -> str:
    item = bool(loc) and isinstance(loc[-1], int)
    return f"an item of `{place.key}`" if item else f"`{place.key}`"


def _mistyped(problem: ErrorDetails, label: str) -> Wrong:
    kind, given, context = problem["type"], problem["input"], problem.get("ctx", {})
    if given is None:
        return Wrong(f"{label} is null", "give it a value, or remove the line")
    if kind in _EXPECTED:
        expected, remedy = _EXPECTED[kind]
        return Wrong(f"{label} must be {expected}, not {_kind_of(given)}", remedy)
    if kind in ("literal_error", "enum"):
        words = tuple(re.findall("'([^']+)'", context["expected"]))
        near = _nearest(given.lower(), words) if isinstance(given, str) else None
        remedy = f"did you mean `{near}`?" if near else "write one of them, without quotes"
        return Wrong(f"{label} must be {context['expected']}", remedy)
    if kind == "string_too_short":
        return Wrong(f"{label} is empty", "give it a value, or remove the line")
    message = problem["msg"]
    return Wrong(f"{label}: {message[:1].lower()}{message[1:]}", "see: cpctl schema scheduler")


def _kind_of(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "text"
