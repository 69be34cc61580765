"""A url or a secret that lives in Vault or in cpctl's table, as expansions make it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """`secret`: where the value comes from; `value`: a value that is none, such as a URL."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: Literal["vault", "table"]
    value: str | None = None
    secret: str | None = None
