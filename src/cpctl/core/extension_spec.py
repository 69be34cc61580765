"""One entry under `extensions:` as a model: what the file can say about an extension."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Spec(BaseModel):
    """Extensions that this database must have: made where they are missing."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    in_schema: str | None = Field(
        None,
        alias="schema",
        min_length=1,
        description="The schema that its objects are made in; left out: where it is, else the "
        "server's choice. An extension that is there already is not moved.",
        examples=["extensions"],
    )
    version: str | None = Field(
        None,
        min_length=1,
        description="The version of its SQL; left out: whichever is there, else the server's "
        "newest.",
        examples=["1.6"],
    )

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, data: object) -> Any:  # noqa: ANN401  what pydantic hands over
        return {} if data is None else data
