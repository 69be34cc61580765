"""How one value reads, and which of a resource's fields are worth reading."""

from __future__ import annotations

from collections.abc import Iterable

from cpctl.core.resource import Resource, Sealed, Value, is_sealed
from cpctl.render.parts.escape import escaped, quoted

SECRET = "(sensitive)"  # noqa: S105 - what is shown instead of one


def value_text(value: Value) -> str:
    """The value on one line; a sealed one is never anything but `(sensitive)`."""
    match value:
        case str():
            return quoted(value)
        case Sealed():
            return SECRET
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case int():
            return str(value)
        case tuple():
            return f"[{', '.join(map(value_text, value))}]"
        case _:
            return f"{{{', '.join(map(_entry, value.items()))}}}"


def _entry(item: tuple[str, Value]) -> str:
    return f"{quoted(item[0])}: {value_text(item[1])}"


def is_block(value: Value) -> bool:
    """Whether it is text of several lines, which reads better unquoted."""
    return isinstance(value, str) and "\n" in value and "\n" in value.strip("\n")


def block_lines(text: str) -> list[str]:
    """The lines of a text, printable; line ends around the whole say nothing."""
    return [escaped(line) for line in text.strip("\n").split("\n")]


def shown(resource: Resource) -> list[tuple[str, Value]]:
    """The fields of a resource that comes or goes, but those that a reader would assume."""
    implied = resource.facts.get("implied")
    if not isinstance(implied, tuple):
        return list(resource.fields.items())
    return [item for item in resource.fields.items() if item[0] not in implied]


def sensitive(*resources: Resource | None) -> frozenset[str]:
    """The fields that are sensitive on any side: where one is sealed, no side is shown."""
    return frozenset(
        name
        for resource in resources
        if resource is not None
        for name, value in resource.fields.items()
        if is_sealed(value)
    )


def source(resource: Resource) -> str:
    """`from env:NAME`, where a value comes from such a place; or `env:NAME -> vault:name`."""
    reference, into = resource.facts.get("reference"), resource.facts.get("into")
    if not reference:
        return ""
    came = escaped(str(reference))
    return f"{came} -> {escaped(str(into))}" if into else f"from {came}"


def width(names: Iterable[str]) -> int:
    """The room that the longest of these needs."""
    return max(map(len, names), default=0)
