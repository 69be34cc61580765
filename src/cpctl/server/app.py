"""The application: what of it answers where, and what stands around all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi_offline import FastAPIOffline
from pydantic import TypeAdapter
from starlette.exceptions import HTTPException

from cpctl import __version__
from cpctl.errors import CpctlError
from cpctl.server import probes, routes, shapes
from cpctl.server.key import Key
from cpctl.server.limits import Bodies, Nearby
from cpctl.server.logged import Logged, Told
from cpctl.server.logs import note
from cpctl.server.problems import failed, invalid, misdirected
from cpctl.server.service import Service

_ABOUT: Final = (
    "Tells how the pg_cron jobs of one file are, pauses and resumes them, and runs one now. "
    "Times are ISO 8601 in UTC, by the database's clock."
)
_LICENSE: Final = {"name": "MIT", "identifier": "MIT"}


def application(make: Callable[[], Service], key: Key | None, told: Told) -> FastAPI:
    """The API. `make`: the service, made where the event loop runs; `key`: None lets all in."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        app.state.service = make()
        first = asyncio.create_task(probes.look_whether_ready(app))
        yield
        note("stopping")
        first.cancel()
        app.state.service.close()

    app = FastAPIOffline(
        title="Scheduler Management API",
        description=_ABOUT,
        version=__version__,
        license_info=_LICENSE,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=life,
    )
    app.state.key = key
    app.include_router(routes.router)
    app.include_router(probes.router)
    app.include_router(probes.keyed)
    app.add_api_route("/", _to_docs, include_in_schema=False)
    for kind, answer in _ANSWERS.items():
        app.add_exception_handler(kind, answer)
    app.add_middleware(Bodies)
    if key is None:
        app.add_middleware(Nearby)
    app.add_middleware(Logged, told=told)
    _describe(app)
    return app


_ANSWERS: Final[Mapping[type[Exception], Any]] = {
    CpctlError: failed,
    RequestValidationError: invalid,
    HTTPException: misdirected,
}


async def _to_docs() -> RedirectResponse:
    return RedirectResponse("/docs")


def _describe(app: FastAPI) -> None:
    """FastAPI's own description promises 422 and its own shape for what we answer otherwise.

    It is made once, and mended in place.
    """
    described = app.openapi()
    schemas = described["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = TypeAdapter(shapes.Problem).json_schema()
    for path in described["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
