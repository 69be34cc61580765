"""Rights as SQL for psql: one statement a line, and in comments what each is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cpctl.core.plan import Target
from cpctl.core.rights import Request, Right
from cpctl.render.parts.escape import escaped

OPTIONAL = "-- optional: "
SUPERUSER = "-- superuser: "
_NAMED = 3


def grants_sql(
    request: Request, files: Sequence[str], target: Target, rights: Iterable[Right]
) -> str:
    """The rights, each once."""
    lines = [f"-- {escaped(line)}" for line in _heading(request, files, target)]
    for sql, alike in _once(rights).items():
        lines += _lines(sql, alike, powerful=request.powerful)
    return "\n".join(lines) + "\n"


def _heading(request: Request, files: Sequence[str], target: Target) -> Iterator[str]:
    """For what, for whom and where."""
    role = request.grantee.name
    versions = f"PostgreSQL {target.server_version}, pg_cron {target.pg_cron_version or 'none'}"
    what = f"What {role} needs for cpctl {request.purpose} of {' + '.join(files)}"
    yield f"{what} in the database {target.database} ({versions})."
    if request.grantee.superuser:
        yield f"{role} is a superuser: it needs nothing."
    else:
        yield "What PUBLIC has is left out; what the role has already is not."


def _once(rights: Iterable[Right]) -> Mapping[str, list[Right]]:
    """By statement, in the order in which they came; remarks by their words."""
    found: dict[str, list[Right]] = {}
    for right in rights:
        found.setdefault(right.sql or right.why, []).append(right)
    return found


def _lines(sql: str, alike: Sequence[Right], *, powerful: bool) -> Iterator[str]:
    needed = [right for right in alike if not right.optional]
    shown = needed or alike
    if not shown[0].sql:
        yield f"-- {escaped(shown[0].why)}"
        return
    yield f"-- {escaped(shown[0].why)}{escaped(_named(shown))}"
    if not needed:
        yield f"{OPTIONAL}{sql}"
    elif shown[0].superuser and not powerful:
        yield f"{SUPERUSER}{sql}"
    else:
        yield sql


def _named(rights: Iterable[Right]) -> str:
    named = list(dict.fromkeys(str(right.address) for right in rights if right.address))
    if not named:
        return ""
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f" ({', '.join(named[:_NAMED])}{more})"
