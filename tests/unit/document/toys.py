"""Kinds made for these tests, so that none of the document's promises rests on a real kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cpctl.core.kind import Kind
from cpctl.core.resource import Address, Resource
from cpctl.core.text import Source, Text, Wrong, as_flag
from cpctl.document import Document, load
from cpctl.document.expand import expansions
from cpctl.document.parts import Parts
from cpctl.errors import InputError

Flag = Annotated[bool, BeforeValidator(as_flag)]


def short(value: object) -> object:
    """A rule that quotes what it refuses."""
    if isinstance(value, str) and len(value) > 12:
        raise Wrong(f'"{value}" is too long to be a shape', "shorten it")
    return value


class LampDefaults(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    room: str | None = None
    lit: Flag | None = None


class Lamp(LampDefaults):
    """A lamp."""

    shape: Annotated[str, BeforeValidator(short)] = Field(examples=["*round*"])
    note: str = Field(examples=["any words"], json_schema_extra={"interpolate": False})
    note_file: str | None = None
    colour: Literal["red", "green"] = "red"
    sizes: tuple[str, ...] = ()


class Dial(BaseModel):
    """A dial: its bare value, or null."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: tuple[str, ...] | str | None = None
    store: str | None = None
    secret: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: object) -> object:
        return data if type(data) is dict else {"value": data}

    @classmethod
    def __get_pydantic_json_schema__(cls, *_: object) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean", "null"]}


def _check(name: Text, spec: Any) -> None:
    value = getattr(spec, "value", None)
    if isinstance(value, str) and "," in value:
        raise Wrong(f"{name} has a comma", f"write {value.replace(',', ';')}")
    if name.startswith("bad"):
        raise Wrong(f"{name} is a bad name", "choose another")


def toy(**parts: Any) -> Kind:
    return Kind(
        declare=lambda *_: Resource(Address("", ""), {}, {}),
        queries=lambda *_: (),
        actual=lambda *_: (),
        statements=lambda *_: (),
        removable=lambda *_: None,
        check=_check,
        **parts,
    )


LAMP = toy(
    name="lamp",
    document_key="lamps",
    spec=lambda: Lamp,
    defaults=LampDefaults,
    scope_name=lambda key, _: str(key),
)
DIAL = toy(
    name="dial",
    document_key="settings",
    spec=lambda: Dial,
    fold=True,
    scope_name=lambda key, _: key if "." in key else None,
)
PARTS = Parts((LAMP, DIAL), expansions())
HEAD = "version: 1\nname: house\n"
LIT = "lamps:\n  hall:\n    shape: round\n    note: n\n"


def sources(*texts: str) -> tuple[Source, ...]:
    return tuple(Source(f"{name}.yaml", text) for name, text in zip("abcd", texts, strict=False))


def document(*texts: str, env: Mapping[str, str] | None = None, **options: Any) -> Document:
    """The document of these files (a.yaml, b.yaml …), the first without its head."""
    first, *others = texts
    return load(sources(HEAD + first, *others), env or {}, **{"parts": PARTS, **options})


def entry(made: Document, document_key: str, name: str) -> Any:
    """The spec of one entry."""
    return made.entries[document_key][made.origin(document_key, name)]


def faults(*texts: str, env: Mapping[str, str] | None = None, **options: Any) -> list[str]:
    """What is wrong with these files, as a user sees it."""
    try:
        document(*texts, env=env, **options)
    except InputError as error:
        return [str(fault) for fault in error.faults]
    return []
