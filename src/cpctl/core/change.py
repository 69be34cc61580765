"""The three things that can happen to a resource; plans, hazards and outcomes speak of these."""

from __future__ import annotations

from typing import Literal, NamedTuple

from cpctl.core.resource import NAME, Address, Resource

Action = Literal["create", "update", "delete"]


class Create(NamedTuple):
    """A declared resource that the database lacks."""

    after: Resource
    reason: str = ""

    @property
    def replaces(self) -> Resource | None:
        """The one it takes the place of, where the role cannot rename."""
        old = self.after.facts.get("replaces")
        return old if isinstance(old, Resource) else None

    @property
    def address(self) -> Address:
        return self.after.address

    @property
    def action(self) -> Action:
        return "create"


class Update(NamedTuple):
    """A resource whose fields differ; it keeps its identity."""

    before: Resource
    after: Resource
    reason: str = ""

    @property
    def address(self) -> Address:
        return self.after.address

    @property
    def action(self) -> Action:
        return "update"

    @property
    def changed(self) -> tuple[str, ...]:
        """The names of the fields that differ, in the order the kind shows them."""
        before, after = self.before.fields, self.after.fields
        names = dict.fromkeys((*after, *before))
        return tuple(name for name in names if before.get(name) != after.get(name))

    @property
    def pauses(self) -> bool:
        return "active" in self.changed and self.after.fields.get("active") is False

    @property
    def was(self) -> str | None:
        """The name it had, where the file says that this is the same one under a new name."""
        name = self.before.fields.get(NAME)
        renamed = isinstance(name, str) and name != self.after.fields.get(NAME)
        return str(name) if renamed else None


class Delete(NamedTuple):
    """A resource in scope that the file no longer declares."""

    before: Resource
    reason: str

    @property
    def heir(self) -> Address | None:
        """What takes its place under a new name, where the role cannot rename."""
        heir = self.before.facts.get("heir")
        return heir if isinstance(heir, Address) else None

    @property
    def address(self) -> Address:
        return self.before.address

    @property
    def action(self) -> Action:
        return "delete"


Change = Create | Update | Delete


def sides(change: Change) -> tuple[Resource | None, Resource | None]:
    """(before, after); None where the resource does not exist."""
    match change:
        case Create(after=after):
            return None, after
        case Update(before=before, after=after):
            return before, after
        case Delete(before=before):
            return before, None
