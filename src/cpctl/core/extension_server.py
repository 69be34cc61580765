"""What a server says of its extensions: those that are there, and those that it could make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cpctl.core.change import Update
from cpctl.core.kind import Context, Rows
from cpctl.core.resource import Resource


class Here(NamedTuple):
    """An extension of this database. `owned`: the role may alter and drop it."""

    name: str
    version: str
    schema: str
    relocatable: bool
    owner: str
    owned: bool
    requires: tuple[str, ...]


class Offer(NamedTuple):
    """One version that the server could make. `schema`: the only one that it can be in, or none.

    `leads`: there is a way to it from the version that is here.
    """

    version: str
    newest: bool
    superuser: bool
    trusted: bool
    schema: str | None
    requires: tuple[str, ...]
    leads: bool


@dataclass(frozen=True, eq=False, repr=False)
class Server:
    """`offers`: by name; None: nothing was asked, as nothing seemed to be missing.

    `creates`: the role may create in the database. `lent`: what a host lets plain roles make.
    `schemas`: those asked about that are there; `open`: in which of them the role may create.
    """

    here: Mapping[str, Here]
    offers: Mapping[str, tuple[Offer, ...]] | None
    creates: bool = False
    lent: frozenset[str] = frozenset()
    schemas: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()
    dependents: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def offer(self, name: str, version: object = None) -> Offer | None:
        """That version of it, or the one that the server makes unless it is told another."""
        found = (self.offers or {}).get(name, ())
        return next((o for o in found if (o.version == version if version else o.newest)), None)


def read_server(rows: Rows) -> Server:
    """The answers to the kind's questions."""
    here = map(_here, rows.get("extensions", ()))
    dependents: dict[str, tuple[tuple[str, str], ...]] = {}
    for name, address, words in rows.get("extension_dependents", ()):
        dependents[name] = (*dependents.get(name, ()), (address, words))
    known = {one.name: one for one in here}
    if "extension_rights" not in rows:
        return Server(known, None, dependents=dependents)
    ((creates, lent, schemas, may),) = rows["extension_rights"]
    offers: dict[str, tuple[Offer, ...]] = {}
    for name, *rest in rows.get("extension_offers", ()):
        offers[name] = (*offers.get(name, ()), _offer(rest))
    listed = frozenset(name.strip() for name in (lent or "").split(","))
    return Server(known, offers, creates, listed, frozenset(schemas), frozenset(may), dependents)


def _here(row: Sequence[Any]) -> Here:
    return Here._make(row)._replace(requires=tuple(row[-1]))


def _offer(row: Sequence[Any]) -> Offer:
    offer = Offer._make(row)
    return offer._replace(requires=tuple(offer.requires))


def differs(resource: Resource, context: Context) -> bool:
    """Whether a declared extension is not there, or not so, as far as the probe has seen."""
    found = context.capabilities.extensions.get(resource.address.name)
    if found is None or not resource.fields:
        return bool(resource.fields)
    there = {"version": found.version, "schema": found.schema}
    return any(there[name] != said for name, said in resource.fields.items() if name in there)


def superusers(change: Update, server: Server) -> bool:
    """Whether nobody else can alter it so, not even its owner.

    The objects of a trusted one are a superuser's: its owner may update it, and not move it.
    """
    moves = server.offer(change.address.name, change.before.fields["version"])
    updates = server.offer(change.address.name, change.after.fields["version"])
    if "schema" in change.changed and moves and moves.superuser:
        return True
    return bool(updates and updates.superuser and not updates.trusted)


def depth(name: str, requires: Mapping[str, tuple[str, ...]], limit: int = 20) -> int:
    """How many extensions, one above the other, come before it."""
    below = [one for one in requires.get(name, ()) if one in requires]
    return 1 + max(depth(one, requires, limit - 1) for one in below) if below and limit else 0
