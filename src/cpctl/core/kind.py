"""What a kind of resource must know; the rest of cpctl handles every kind through this record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change
from cpctl.core.finding import Finding
from cpctl.core.ledger import NOTHING, Memory, Remembered
from cpctl.core.resource import Address, Resource, Sealed, State, Value
from cpctl.core.scope import Scope
from cpctl.core.speech import Clock, Speech
from cpctl.core.statement import Statement
from cpctl.core.text import Text

if TYPE_CHECKING:
    from cpctl.core.migration import Offline, Script
    from cpctl.core.rights import Request, Right


class Query(NamedTuple):
    """One question of a kind's inspection: `sql` with `$1` …, sent in the plan's one pipeline.

    `role`: asked as this role, whose rows a row security policy shows to nobody else. The rows of
    queries of one name are added up.
    """

    name: str
    sql: str
    params: tuple[object, ...] = ()
    role: str = ""


Rows = Mapping[str, Sequence[tuple[Any, ...]]]


class Context(NamedTuple):
    """What a kind is told besides its own rows.

    `owner`: whose jobs the file's are.
    `seal`: turns a value into its digest for this process; `secret`: the same for a reference,
    with no digest where its source has no value; `holds`: whether its value has any of these
    characters; `fits`: whether a verifier was made of its value, None where that is not known.
    `memory`: what the ledger says, once it has been read.
    """

    capabilities: Capabilities
    owner: str
    store: str
    file: str
    scope: Mapping[str, Scope]
    owners: frozenset[str]
    seal: Callable[[str], Sealed]
    secret: Callable[[str], Sealed]
    holds: Callable[[str, str], bool]
    fits: Callable[[str, str], bool | None]
    memory: Memory = NOTHING


class Survey(NamedTuple):
    """One kind's whole picture: what would change, both sides, and the rows they came from."""

    changes: Sequence[Change]
    declared: State
    actual: State
    rows: Rows
    context: Context


class Turn(NamedTuple):
    """When a kind's statements run among those of one transaction: the lowest first.

    `makes`: what creates or changes; `removes`: what deletes.
    """

    makes: int = 0
    removes: int = 0


NOT_THERE = "it was not there before"
"""Why a rollback removes something."""


def _nothing(*_: object) -> tuple[Any, ...]:
    return ()


def _silent(_: str, __: Value, ___: Clock) -> Speech | None:
    return None


def _itself(key: str, _: object) -> object:
    return key


def _recall(address: Address, past: Remembered | None, _: Sequence[Remembered | None]) -> Resource:
    if past is None:
        return Resource(address, {}, {"because": NOT_THERE})
    return Resource(address, past.fields, past.facts)


def _never(_: str, __: object) -> None:
    return None


def _as_declared(declared: State, _: Rows, __: Context) -> State:
    return declared


def _merge(declared: Resource, seen: Resource, _: Context) -> Resource:
    return declared._replace(fields={**seen.fields, **declared.fields})


class Kind(NamedTuple):
    """One resource kind: a destination that is inspected, diffed and written.

    `spec` gives the pydantic model of one entry under `document_key`, and is asked only where there
    are entries, so that most files do without most models; not `written`: the file has no
    such section, and only expansions make entries. `defaults` is the model of the file's
    `defaults`. `check` raises Wrong for what a model cannot see (its name), `judge` for what a
    version of pg_cron would not do (empty: any version). `scope_name` is what
    the globs of `scope` are matched with (None: never in scope); `fold`: case-insensitively; not
    `scoped`: the file's `scope` has no key for it.
    `turn`: what an apply does first.
    `identity`: what two entries must not share, as far as the file can tell; `formerly`: the
    identity that an entry says it had, and where it says so.
    `declare` makes the desired resource; empty fields mean that it must not exist.
    `actual` makes the resources from the rows of `queries`. `complete` adds to what is declared,
    and is not there, what only the server knows of it. `adopt` copies what is undeclared or
    equal in meaning from the seen resource into the declared one. `recall` declares again what the
    ledger remembers, for a rollback (None: it was not there), given what each of the undone applies
    made of it; its fact `lost` says what of it cannot come back. `removable` gives the reason
    for removing an undeclared resource, or None to leave it alone. `speak` puts a field's
    value into words. `rights` are what a role needs for the kind, apart from what PUBLIC has; its
    survey is that role's, as if it had been granted what any file needs. `migrate` makes all
    entries a part of a migration, where no server is asked (None: one of them is refused there).
    """

    name: str
    document_key: str
    spec: Callable[[], type[Any]]
    declare: Callable[[str, Any, Context, Text | None], Resource]
    queries: Callable[[Context, Sequence[Resource]], tuple[Query, ...]]
    actual: Callable[[Rows, State, Context], Iterable[Resource]]
    statements: Callable[[Change, Context], tuple[Statement, ...]]
    removable: Callable[[Resource, Context], str | None]
    migrate: Callable[[Mapping[Text, Any], Offline], Script] | None = None
    complete: Callable[[State, Rows, Context], State] = _as_declared
    adopt: Callable[[Resource, Resource, Context], Resource] = _merge
    recall: Callable[[Address, Remembered | None, Sequence[Remembered | None]], Resource] = _recall
    check: Callable[[Text, Any], None] = _nothing  # type: ignore[assignment]
    judge: Callable[[Text, Any, str], None] = _nothing  # type: ignore[assignment]
    scope_name: Callable[[str, Any], str | None] = _nothing  # type: ignore[assignment]
    identity: Callable[[str, Any], object] = _itself
    formerly: Callable[[str, Any], tuple[object, Text] | None] = _never
    written: bool = True
    scoped: bool = True
    turn: Turn = Turn()
    fold: bool = False
    defaults: type[Any] | None = None
    speak: Callable[[str, Value, Clock], Speech | None] = _silent
    refusals: Callable[[Survey], tuple[Finding, ...]] = _nothing
    hazards: Callable[[Change, Context], tuple[Finding, ...]] = _nothing
    notes: Callable[[Survey], tuple[Finding, ...]] = _nothing
    rights: Callable[[Survey, Request], Iterable[Right]] = _nothing
