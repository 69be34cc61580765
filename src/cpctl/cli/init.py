"""`cpctl init`: a commented starter beside its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from cpctl.errors import CpctlError

_STARTERS = Path(__file__).parent / "starter"


def init(
    supabase: Annotated[bool, typer.Option("--supabase", help="For a Supabase project.")] = False,
) -> int:
    """Write a commented scheduler.yaml and its JSON Schema here."""
    from cpctl.document.schema import schema

    starter = _STARTERS / ("supabase.yaml" if supabase else "scheduler.yaml")
    _write(Path("scheduler.yaml"), starter.read_text(encoding="utf-8"))
    schema_file = Path("schemas/scheduler.schema.json")
    if not schema_file.exists():
        schema_file.parent.mkdir(exist_ok=True)
        _write(schema_file, json.dumps(schema("scheduler"), indent=2) + "\n")
    print("Wrote scheduler.yaml and schemas/scheduler.schema.json. Next: edit it, then cpctl plan.")
    return 0


def _write(path: Path, text: str) -> None:
    """A new file; what is there already is never overwritten. Raises CpctlError."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        what = "it exists already and was left as it is"
        raise CpctlError(what, where=str(path), remedy="edit it, or move it away first") from None
    except OSError as error:
        what = f"it could not be written: {error.strerror}"
        raise CpctlError(what, where=str(path), remedy="run this in a folder of yours") from None
