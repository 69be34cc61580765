"""Packs: functions, tables and jobs as data, with `@name@` where a file decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_FOLDER: Final = Path(__file__).parents[1] / "packs"
_HOLE: Final = re.compile(r"@([a-z_]+)@")


@cache
def pack(name: str) -> Mapping[str, Any]:
    """The data of one pack, with the bodies of its functions in place of their files' names."""
    folder = _FOLDER / name
    found: dict[str, Any] = yaml.safe_load((folder / "pack.yaml").read_text(encoding="utf-8"))
    for function in found["functions"]:
        function["body"] = (folder / function["body"]).read_text(encoding="utf-8")
    return found


def filled(data: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401  what YAML holds
    """The data with each `@name@` of its texts, keys included, replaced. Raises KeyError."""
    match data:
        case str():
            return _HOLE.sub(lambda hole: values[hole[1]], data)
        case list():
            return [filled(item, values) for item in data]
        case dict():
            return {filled(key, values): filled(item, values) for key, item in data.items()}
        case _:
            return data
