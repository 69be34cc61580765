"""What can be said about Vault's and the table's entries beyond their diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cpctl.core.acting import grant
from cpctl.core.change import Change, Create, sides
from cpctl.core.finding import Finding
from cpctl.core.kind import Context, Survey
from cpctl.core.resource import Address, Resource, Sealed
from cpctl.core.secret_calls import stores_of, without_reader
from cpctl.errors import Refused

_VALUES = (
    "SELECT ON vault.decrypted_secrets",
    "EXECUTE ON FUNCTION vault._crypto_aead_det_decrypt(bytea,bytea,bigint,bytea,bytea)",
)


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
        rights += ["USAGE ON SCHEMA cpctl", "SELECT (name, verifier, updated_at) ON cpctl.secrets"]
    if rights:
        what = f"{role} may not see which secrets there are. Nothing was written."
        raise Refused(what, remedy=" ".join(grant(right, role) for right in rights))


def refusals(survey: Survey) -> tuple[Finding, ...]:
    """Stores that are not there, and rights that are missing."""
    found = [finding for c in survey.changes for finding in _missing(c, survey.context)]
    return tuple(found)


def _missing(change: Change, context: Context) -> Iterator[Finding]:
    before, after = sides(change)
    wanted = str(after.fields["store"]) if after else ""
    stood = stores_of(before)
    if wanted == "vault" and context.capabilities.vault is None:
        what = "cannot be kept: this database has no Vault"
        remedy = "CREATE EXTENSION supabase_vault; or store: table, which needs none"
        yield Finding("NO_VAULT", what, change.address, remedy)
        return
    for store in dict.fromkeys((*stood, *filter(None, (wanted,)))):
        does = _does(store, wanted, stood)
        rights = _vault(does, context) if store == "vault" else _table(does, context)
        yield from (_right(right, change.address, context) for right in rights)


def _does(store: str, wanted: str, stood: Sequence[str]) -> str:
    if store != wanted:
        return "delete"
    return "update" if store in stood else "create"


def _right(right: str, address: Address, context: Context) -> Finding:
    what = right.partition(" ON ")[0]
    return Finding("MISSING_RIGHT", what, address, grant(right, context.capabilities.role))


def _vault(does: str, context: Context) -> Iterable[str]:
    rights = context.capabilities.vault
    if rights is None:
        return
    if does == "create" and not rights.create:
        yield "EXECUTE ON FUNCTION vault.create_secret(text,text,text,uuid)"
    elif does == "update" and not rights.update:
        yield "EXECUTE ON FUNCTION vault.update_secret(uuid,text,text,text,uuid)"
    elif does == "delete" and not rights.delete:
        yield "DELETE ON vault.secrets"


def _table(does: str, context: Context) -> Iterable[str]:
    capabilities = context.capabilities
    rights = capabilities.table
    if not rights.exists:
        if not rights.creatable:
            where = "SCHEMA cpctl" if rights.schema else f"DATABASE {capabilities.database}"
            yield f"CREATE ON {where}"
        if rights.schema and not rights.usage:
            yield "USAGE ON SCHEMA cpctl"
    elif does == "create" and not rights.insert:
        yield "INSERT ON cpctl.secrets"
    elif does == "update" and not rights.update:
        yield "UPDATE ON cpctl.secrets"
    elif does == "delete" and not rights.delete:
        yield "DELETE ON cpctl.secrets"


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
            stores = stores_of(seen)
            rights = _VALUES if "vault" in stores else ("SELECT ON cpctl.secrets",)
            what = "is not compared: the role may not read it, and no verifier stands beside it."
            remedy = " ".join(grant(right, capabilities.role) for right in rights)
            found.append(Finding("NOT_COMPARED", what, address, remedy))
    return tuple(found)
