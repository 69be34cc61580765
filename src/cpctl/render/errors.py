"""Errors in words: what, where, what was done about it, and a remedy that can be pasted."""

from __future__ import annotations

from cpctl.errors import STOPS, CpctlError, DeclaredError, InputError


def error_text(error: CpctlError) -> str:
    """The text for stderr; faults of a file are a line each, as compilers print them."""
    if isinstance(error, InputError):
        count = len(error.faults)
        noun = "error" if count == 1 else "errors"
        read = "" if isinstance(error, DeclaredError) else "read from or "
        tail = f"{count} {noun}. Nothing was {read}written to {'a' if read else 'the'} database."
        return "\n".join([*map(str, error.faults), tail])
    fault = error.fault
    where = f"{fault.where}: " if fault.where else ""
    stop = "" if fault.what.endswith(STOPS) else "."
    lines = [f"{error.label}: {where}{fault.what}{stop}"]
    lines += [f"  {line}" for line in error.details]
    if fault.remedy:
        lines.append(f"Remedy: {fault.remedy}")
    return "\n".join(lines)
