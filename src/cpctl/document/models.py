"""The models of the file, made from the registry: the document names no kind."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    create_model,
)

from cpctl.core.hazards import HAZARDS
from cpctl.core.kind import Kind
from cpctl.core.limits import PATTERN, Limit, Limits, as_limit
from cpctl.core.scope import Scope, as_glob, as_globs
from cpctl.core.text import Wrong, as_flag
from cpctl.document.expect import STRICT, Expect
from cpctl.document.parts import Parts
from cpctl.document.stores import Store


def _version(value: str) -> str:
    if value != "1":
        raise Wrong("this cpctl reads version 1 of the file", "version: 1, or another cpctl")
    return value


NAME: Final = "[A-Za-z0-9][A-Za-z0-9._-]*"


def _name(value: str) -> str:
    if not re.fullmatch(NAME, value):
        raise Wrong(
            "the file's name is made of letters, digits and . _ -", "name: content-pipeline"
        )
    return value


def _hazard(value: str) -> str:
    if value not in HAZARDS:
        raise Wrong(f'"{value}" is no hazard', f"one of {', '.join(sorted(HAZARDS))}")
    return value


def _limit(value: object) -> Limit:
    return value if isinstance(value, Limit) else as_limit(value if isinstance(value, str) else "")


Version = Annotated[str, AfterValidator(_version), WithJsonSchema({"const": 1})]
Name = Annotated[
    str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME}$"})
]
Flag = Annotated[bool, BeforeValidator(as_flag)]
Hazard = Annotated[
    str, AfterValidator(_hazard), WithJsonSchema({"type": "string", "enum": sorted(HAZARDS)})
]
Threshold = Annotated[
    Limit,
    PlainValidator(_limit),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^({PATTERN}|\\$\\{{.*)$"}),
]
Glob = Annotated[str, AfterValidator(as_glob)]
Globs = Annotated[tuple[Glob, ...], AfterValidator(as_globs)]


class Thresholds(BaseModel):
    """How much of a kind one apply may change unasked."""

    model_config = STRICT

    deletes: Threshold | None = Field(
        None,
        description="More deletes than this need --allow MANY_DELETES: a share (of ten or more), "
        "or a number. Left out: 30%.",
        examples=["30%", 5],
    )
    updates: Threshold | None = Field(
        None,
        description="More updates than this need --allow MANY_UPDATES.",
        examples=["50%", 20],
    )


@dataclass(frozen=True)
class Head:
    """What the file says beside its entries."""

    name: str
    was: str | None
    expect: Expect
    scope: Mapping[str, Scope]
    store: Store
    defaults: BaseModel
    ledger: bool
    limits: Limits
    require_allow: tuple[str, ...]
    headings: Mapping[str, Any]


_IDENTITY: Final[dict[str, Any]] = {
    "version": (Version, Field(description="The version of this format.", examples=[1])),
    "name": (
        Name,
        Field(
            description="Who owns these resources: it names the lock and the pull request comment.",
            examples=["content-pipeline"],
        ),
    ),
    "was": (
        Name | None,
        Field(None, description="The name that this file had before.", examples=["content"]),
    ),
}
_STORE: Final[tuple[Any, Any]] = (
    Store,
    Field(
        "system",
        description="Where urls and secrets live: system (ALTER SYSTEM), database (ALTER "
        "DATABASE … SET), vault (Supabase Vault) or table (cpctl.secrets, for servers "
        "without Vault).",
    ),
)
_RULES: Final[dict[str, Any]] = {
    "limits": (
        Thresholds,
        Field(
            Thresholds.model_construct(),
            description="How many deletes and updates need no --allow.",
        ),
    ),
    "require_allow": (
        tuple[Hazard, ...],
        Field(
            (),
            description="Hazards that are refused unless they are allowed by name (--allow).",
            examples=[["DELETES_JOB"]],
        ),
    ),
}


class _Nothing(BaseModel):
    """Defaults where no kind takes any, and what stands for a key that a file does not have."""

    model_config = STRICT


def head_model(parts: Parts, written: Container[str] | None = None) -> type[BaseModel]:
    """The keys that are no sections of entries.

    `written`: the keys that a file has; no model is built for others, which keep their defaults.
    """
    fields = _head_fields(parts, written)
    if written is not None:
        fields = {k: field if k in written else (Any, field[1]) for k, field in fields.items()}
    return create_model("Head", __config__=STRICT, **fields)


def _head_fields(parts: Parts, written: Container[str] | None) -> dict[str, Any]:
    scope = _scope_model(parts.kinds) if written is None or "scope" in written else _Nothing
    stated = written is None or "defaults" in written
    defaults = _defaults_model(parts.defaults()) if stated else _Nothing
    return {
        **_IDENTITY,
        "expect": (
            Expect,
            Field(
                Expect.model_construct(),
                description="Which database this file is for: checked first.",
            ),
        ),
        "scope": (
            scope,
            Field(
                scope.model_construct(),
                description="What may be removed when the file lacks it, as shell globs.",
            ),
        ),
        "store": _STORE,
        "ledger": (
            Flag,
            Field(
                True,  # noqa: FBT003  a default is no argument
                description="false: nothing of an apply is remembered in the database, and "
                "rollback, protection after removal and the classes of drift are lost.",
            ),
        ),
        "defaults": (
            defaults,
            Field(
                defaults.model_construct(),
                description="What entries take unless they say it themselves.",
            ),
        ),
        **_RULES,
        **_headings(parts, written),
    }


def _headings(parts: Parts, written: Container[str] | None) -> dict[str, Any]:
    return {
        heading.key: (heading.spec() | None, Field(None, description=heading.description))
        for heading in parts.headings()
        if written is None or heading.key in written
    }


def root_model(parts: Parts) -> type[BaseModel]:
    """The whole file, for its JSON Schema."""
    sections: dict[str, Any] = {
        section.document_key: (
            dict[str, section.spec()],  # type: ignore[misc]
            Field({}, description=_first_line(section.spec())),
        )
        for section in parts.sections()
    }
    return create_model("Scheduler", __base__=head_model(parts), **sections)


def _scope_model(kinds: Iterable[Kind]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        kind.document_key: (
            Globs | None,
            Field(
                None,
                description=f"Names of {kind.document_key} that this file owns: *, ?, […]; a "
                "leading ! excludes.",
                examples=[["app.*"]] if kind.fold else [["content_pipeline_*"]],
            ),
        )
        for kind in kinds
        if kind.scoped
    }
    return create_model("ScopeOfRemoval", __config__=STRICT, **fields)


def _defaults_model(bases: tuple[type[BaseModel], ...]) -> type[BaseModel]:
    return create_model("DefaultsOfEntries", __base__=bases or (_Nothing,))


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]
