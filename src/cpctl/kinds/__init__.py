"""One file here is one resource kind; dropping a file in is all that a new kind takes."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from cpctl.core.kind import Kind


@cache
def registry() -> tuple[Kind, ...]:
    """Every kind of this package, by name: the modules that define `KIND`."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return tuple(sorted((module.KIND for module in modules), key=lambda kind: kind.name))


def sql(name: str) -> str:
    """The text of one of the .sql files that stand beside their kinds."""
    return (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8")
