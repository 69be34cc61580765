"""The rights that Vault's and the table's entries need: to see which there are, and to write them.

The values need not be readable: the verifier beside each tells whether it is still the source's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cpctl.core.kind import Survey
from cpctl.core.resource import Address
from cpctl.core.rights import Request, Right
from cpctl.core.secret_calls import NAMES, RIGHTS, VALUES, does, stores_of


def rights(survey: Survey, request: Request) -> Iterator[Right]:
    """For what would change today, and for bringing the file to a server that has none of it."""
    declared = {a: stores_of(r)[0] for a, r in survey.declared.items() if r.fields}
    stores = {*declared.values(), *(s for c in survey.changes for s, _ in does(c))}
    if "vault" in stores:
        yield from _vault(survey, request)
    if "table" in stores:
        yield from _table(survey, request)
    for store in sorted(stores):
        why = "read the values themselves, to compare those that have no verifier beside them"
        for right in VALUES[store] if _there(store, survey) else ():
            yield from request.asks(right, why, optional=True)
    if request.applies:
        yield from _writing(survey, request, declared)


def _there(store: str, survey: Survey) -> bool:
    capabilities = survey.context.capabilities
    return capabilities.vault is not None if store == "vault" else capabilities.table.exists


def _writing(survey: Survey, request: Request, declared: Mapping[Address, str]) -> Iterator[Right]:
    now = [(change.address, *done) for change in survey.changes for done in does(change)]
    fresh = [(address, store, "create") for address, store in declared.items()]
    later = [(address, store, "update") for address, store in declared.items()]
    for address, store, verb in (*now, *fresh):
        yield from _written(survey, request, address, store, verb)
    for address, store, verb in later:
        for right in _written(survey, request, address, store, verb):
            yield right._replace(optional=True, why=f"later changes: {right.why}")


def _vault(survey: Survey, request: Request) -> Iterator[Right]:
    if survey.context.capabilities.vault is None:
        yield Right("", "this database has no Vault: CREATE EXTENSION supabase_vault; comes first")
        return
    yield from request.asks("USAGE ON SCHEMA vault", "see which secrets Vault has")
    yield from request.asks("SELECT ON vault.secrets", "see which secrets Vault has")


def _table(survey: Survey, request: Request) -> Iterator[Right]:
    table, database = survey.context.capabilities.table, survey.context.capabilities.database
    if table.exists:
        yield from request.asks("USAGE ON SCHEMA cpctl", "use the table of secrets")
        yield from request.asks(NAMES, "see which secrets the table has, and no value")
    elif request.applies and table.schema:
        for right in ("USAGE ON SCHEMA cpctl", "CREATE ON SCHEMA cpctl"):
            yield from request.asks(right, "make the table of secrets")
    elif request.applies:
        yield from request.on_database("CREATE", "make the table of secrets", database)


def _written(
    survey: Survey, request: Request, address: Address, store: str, verb: str
) -> Iterator[Right]:
    if not _there(store, survey):
        return
    where = "in Vault" if store == "vault" else "in the table"
    yield from request.asks(RIGHTS[store][verb], f"{verb} it {where}", address=address)
