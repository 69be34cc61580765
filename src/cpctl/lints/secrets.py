"""What can be said about Vault's and the table's entries beyond their diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cpctl.core.acting import grant
from cpctl.core.capabilities import Capabilities
from cpctl.core.change import Change, Create, sides
from cpctl.core.finding import Finding
from cpctl.core.kind import Context, Survey
from cpctl.core.resource import Resource, Sealed
from cpctl.core.secret_calls import NAMES, RIGHTS, VALUES, does, stores_of, without_reader
from cpctl.core.sql import identifier
from cpctl.errors import Refused


def check_readable(declared: Sequence[Resource], context: Context) -> None:
    """Raises Refused where the role cannot even see which entries there are."""
    capabilities, role = context.capabilities, context.capabilities.role
    stores = {store for resource in declared for store in stores_of(resource)}
    vault, table = capabilities.vault, capabilities.table
    rights = []
    if "vault" in stores and vault is not None:
        rights += [] if vault.usage else ["USAGE ON SCHEMA vault"]
        rights += [] if vault.names else ["SELECT ON vault.secrets"]
    if "table" in stores and table.exists and not table.names:
        rights += ["USAGE ON SCHEMA cpctl", NAMES]
    if rights:
        what = f"{role} may not see which secrets there are. Nothing was written."
        raise Refused(what, remedy=" ".join(grant(right, role) for right in rights))


def refusals(survey: Survey) -> tuple[Finding, ...]:
    """Stores that are not there, and rights that are missing."""
    return tuple(finding for c in survey.changes for finding in _missing(c, survey.context))


def _missing(change: Change, context: Context) -> Iterator[Finding]:
    _, after = sides(change)
    if after and after.fields["store"] == "vault" and context.capabilities.vault is None:
        what = "cannot be kept: this database has no Vault"
        remedy = "CREATE EXTENSION supabase_vault; or store: table, which needs none"
        yield Finding("NO_VAULT", what, change.address, remedy)
        return
    for store, verb in does(change):
        for right in _lacking(store, verb, context.capabilities):
            what, remedy = right.partition(" ON ")[0], grant(right, context.capabilities.role)
            yield Finding("MISSING_RIGHT", what, change.address, remedy)


def _lacking(store: str, verb: str, capabilities: Capabilities) -> Iterator[str]:
    """The rights that this takes, and the role has not."""
    vault, table = capabilities.vault, capabilities.table
    if store == "vault":
        may = vault and {"create": vault.create, "update": vault.update, "delete": vault.delete}
    else:
        may = {"create": table.insert, "update": table.update, "delete": table.delete}
    if store == "table" and not table.exists:
        if not table.creatable:
            here = identifier(capabilities.database)
            yield f"CREATE ON {'SCHEMA cpctl' if table.schema else f'DATABASE {here}'}"
        if table.schema and not table.usage:
            yield "USAGE ON SCHEMA cpctl"
    elif may and not may[verb]:
        yield RIGHTS[store][verb]


def hazards(change: Change) -> tuple[Finding, ...]:
    """What still reads an entry that goes, or that goes elsewhere."""
    before, after = sides(change)
    readers = before.facts.get("readers") if before else None
    left = [store for store in stores_of(before) if store not in stores_of(after)]
    if not left or not isinstance(readers, tuple) or not readers:
        return ()
    names = ", ".join(name for _, name, _ in readers)
    where = "" if after is None else f" in the {left[0]}, if they do not look elsewhere"
    return (Finding("SECRET_IN_USE", f"still read by {names}{where}", change.address),)


def notes(survey: Survey) -> tuple[Finding, ...]:
    """Values that nobody here can compare, and what is made besides the entries themselves."""
    return (*_not_compared(survey), *_setup(survey))


def _setup(survey: Survey) -> Iterator[Finding]:
    """The table, and who may read it: no resource of the file, and a reviewer must know."""
    context, table = survey.context, survey.context.capabilities.table
    kept = [r for r in survey.declared.values() if r.fields and r.fields["store"] == "table"]
    written = any(map(_goes_to_table, survey.changes))
    if written and not table.exists:
        what = "cpctl.secrets and its reader, cpctl.secret(name), will be made."
        yield Finding("MAKES_TABLE", what)
    if written and table.owner:
        what = f"cpctl.secrets belongs to {table.owner}, who may read all that is kept there."
        yield Finding("OTHERS_TABLE", what)
    for owner in without_reader(context) if kept else ():
        if written and table.gives:
            yield Finding("GRANTS_READER", f"{owner} will be allowed to call cpctl.secret(name).")
        else:
            rights = ("USAGE ON SCHEMA cpctl", "EXECUTE ON FUNCTION cpctl.secret(text)")
            what = f"{owner}, whose jobs these are, may not call cpctl.secret(name)."
            yield Finding("NO_READER", what, None, " ".join(grant(it, owner) for it in rights))


def _goes_to_table(change: Change) -> bool:
    after = sides(change)[1]
    return after is not None and after.fields["store"] == "table"


def _not_compared(survey: Survey) -> tuple[Finding, ...]:
    capabilities = survey.context.capabilities
    created = {c.address for c in survey.changes if isinstance(c, Create)}
    found = []
    for address in survey.declared:
        seen = survey.actual.get(address)
        if seen is not None and seen.fields["value"] == Sealed(None) and address not in created:
            rights = VALUES["vault" if "vault" in stores_of(seen) else "table"]
            what = "is not compared: the role may not read it, and no verifier stands beside it."
            remedy = " ".join(grant(right, capabilities.role) for right in rights)
            found.append(Finding("NOT_COMPARED", what, address, remedy))
    return tuple(found)
