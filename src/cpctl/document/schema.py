"""The JSON Schema of the file and of an overlay, so that an editor completes and explains each key.

An editor resolves `1.10` and `on` before it validates, so text may also be a number or a flag; and
nothing that cpctl accepts may be marked as wrong, such as a variable where a flag is expected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from cpctl.document.models import root_model
from cpctl.document.overlay import FIRST_ONLY
from cpctl.document.parts import Parts, known_parts

Schema = dict[str, Any]
Which = Literal["scheduler", "overlay"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TITLES: Final = {
    "scheduler": ("scheduler.yaml", "What a pg_cron scheduler must have: the input of cpctl."),
    "overlay": ("Overlay", "What to change in scheduler.yaml (-f A -f B); null removes a key."),
}
_NULL: Final = {"type": "null"}
_VARIABLE: Final = {"type": "string", "pattern": r"^\$\{"}
_TEXT: Final = ["string", "number", "boolean"]
_NARROW: Final = frozenset(("pattern", "enum", "const", "format"))
_ABOUT: Final = ("description", "examples", "default")
_NAMED: Final = frozenset(("properties", "$defs"))
_LISTED: Final = frozenset(("anyOf", "oneOf", "allOf"))
_SINGLE: Final = frozenset(("items", "additionalProperties"))


def schema(which: Which, parts: Parts | None = None) -> Schema:
    """The schema of one of the two files."""
    parts = parts or known_parts()
    made = root_model(parts).model_json_schema(by_alias=True)
    for section in parts.sections():
        _companions(_entry_of(made, section.document_key), section.companions)
    for sugar in parts.expansions:
        names = {"pattern": f"^{sugar.name_pattern}$"}
        made["properties"][sugar.document_key]["propertyNames"] = names
    made = _everywhere(_renamed(made, parts), _tidy)
    if which == "overlay":
        made = _everywhere(made, _optional)
        made["properties"] = {k: v for k, v in made["properties"].items() if k not in FIRST_ONLY}
    title, description = _TITLES[which]
    return {"$schema": _DIALECT, "title": title, **made, "description": description}


def _entry_of(root: Schema, document_key: str) -> Schema:
    entry: Schema = root["properties"][document_key]["additionalProperties"]
    found: Schema = root["$defs"][entry["$ref"].rpartition("/")[2]] if "$ref" in entry else entry
    return found


def _companions(entry: Schema, pairs: tuple[tuple[str, str], ...]) -> None:
    """Either the text or the file that holds it, where the text is required."""
    for plain, companion in pairs:
        if plain in entry.get("required", ()):
            entry["required"].remove(plain)
            entry.setdefault("allOf", []).append(
                {"oneOf": [{"required": [plain]}, {"required": [companion]}]}
            )


def _renamed(root: Schema, parts: Parts) -> Schema:
    """Definitions named after the section they are for, not after a Python module."""
    names = {}
    for section in parts.sections():
        entry = root["properties"][section.document_key]["additionalProperties"]
        names[entry.get("$ref", "").rpartition("/")[2]] = f"entry-of-{section.document_key}"
    root["$defs"] = {names.get(name, name): node for name, node in root["$defs"].items()}

    def point(node: Schema) -> Schema:
        name = node.get("$ref", "").rpartition("/")[2]
        return {**node, "$ref": f"#/$defs/{names[name]}"} if name in names and name else node

    return _everywhere(root, point)


def _everywhere(node: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """Every schema within a node changed, the innermost first; names of keys are no schemas."""
    return change({key: _inside(key, value, change) for key, value in node.items()})


def _inside(key: str, value: Any, change: Callable[[Schema], Schema]) -> Any:  # noqa: ANN401  JSON
    if key in _NAMED:
        return {name: _everywhere(node, change) for name, node in value.items()}
    if key in _LISTED:
        return [_everywhere(node, change) for node in value]
    if key in _SINGLE and isinstance(value, dict):
        return _everywhere(value, change)
    return value


def _tidy(node: Schema) -> Schema:
    """Without what only our models mean by it, and as wide as the file may be written."""
    default = node.get("default", ...)
    node = {key: value for key, value in node.items() if key not in ("title", "interpolate")}
    if default is None or isinstance(default, dict):
        del node["default"]
    if default is None and "anyOf" in node:
        node = _without_null(node)
    if node.get("type") == "string" and not _NARROW & node.keys():
        return {**node, "type": _TEXT}
    if node.get("type") == "boolean" or "enum" in node:
        return _either(node, _VARIABLE)
    return node


def _without_null(node: Schema) -> Schema:
    """A key that is left out is not a key with `null`: that is for overlays."""
    left = [choice for choice in node["anyOf"] if choice != _NULL]
    about = {key: value for key, value in node.items() if key != "anyOf"}
    return {**about, **left[0]} if len(left) == 1 else {**about, "anyOf": left}


def _either(node: Schema, other: Schema) -> Schema:
    about: Schema = {key: node[key] for key in _ABOUT if key in node}
    rest = {key: value for key, value in node.items() if key not in _ABOUT}
    return {**about, "anyOf": [rest, other]}


def _optional(node: Schema) -> Schema:
    """Nothing is required of an overlay, and `null` takes a key out."""
    made = {key: value for key, value in node.items() if key not in ("required", "allOf")}
    if "properties" in made:
        made["properties"] = {k: _either(v, _NULL) for k, v in made["properties"].items()}
    if isinstance(made.get("additionalProperties"), dict):
        made["additionalProperties"] = _either(made["additionalProperties"], _NULL)
    return made
