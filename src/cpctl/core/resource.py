"""What both sides of a diff are made of, so that the diff itself is `==`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from cpctl.core.text import Text


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sensitive value in memory: a keyed digest, never the value; None: it is not known here.

    The key is random for each process, so a digest means nothing outside it. It is never printed.
    """

    digest: str | None

    def __repr__(self) -> str:
        return "(sensitive)"


NAME = "name"
"""The field of a resource whose old name the file tells; for any other the address says it."""

Value = None | bool | int | str | Sealed | tuple["Value", ...] | Mapping[str, "Value"]
Fields = Mapping[str, Value]


def plain(value: Value) -> object:
    """The value as JSON has it; a sealed one is null."""
    match value:
        case Sealed():
            return None
        case tuple():
            return [plain(item) for item in value]
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case _:
            return value


def is_sealed(value: Value) -> bool:
    """Whether anything in it is sensitive."""
    match value:
        case Sealed():
            return True
        case str():
            return False
        case tuple():
            return any(map(is_sealed, value))
        case Mapping():
            return any(map(is_sealed, value.values()))
        case _:
            return False


class Address(NamedTuple):
    """The name of a resource in every output: `job.nightly`, `setting.app.sweeper_url`."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address that is written so; no kind has a dot in its name."""
        kind, _, name = text.partition(".")
        return cls(kind, name)


class Resource(NamedTuple):
    """One managed thing as fields that are compared, and facts that are not.

    `fields`: a field that is missing is undeclared, and is copied from the other side.
    `facts`: what only one side knows (a jobid, a setting's unit, a secret's reference).
    `origin`: the key that declares it, which knows its place; None for what the database showed.
    """

    address: Address
    fields: Fields
    facts: Mapping[str, object]
    origin: Text | None = None


State = Mapping[Address, Resource]


def united(states: Iterable[State]) -> State:
    """Several states as one; `update` copies a large one as a whole."""
    whole: dict[Address, Resource] = {}
    for state in states:
        whole.update(state)
    return whole


def without(addresses: Collection[Address], state: State) -> State:
    """The state but for these addresses; itself where there are none."""
    gone = frozenset(addresses)
    return {a: kept for a, kept in state.items() if a not in gone} if gone else state
