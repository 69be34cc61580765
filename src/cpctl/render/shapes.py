"""The JSON outputs as types: the contract that the JSON Schemas are generated from.

Keys may be added within format version 1; none goes or changes its meaning.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict

FORMAT_VERSION = "1.0"


class Says(NamedTuple):
    """The description of a key; in an Annotated, so that pydantic need not be imported here."""

    text: str

    def __get_pydantic_json_schema__(
        self, core: object, handler: Callable[[object], dict[str, Any]]
    ) -> dict[str, Any]:
        return {**handler(core), "description": self.text}


Format = Annotated[str, Says("Version of this format, MAJOR.MINOR; keys are added in minor ones.")]
AddressText = Annotated[str, Says("The resource, as every output names it: job.nightly.")]
Sensitive = Annotated[list[str], Says("The fields whose values are never shown: null here.")]
Values = Mapping[str, Any]


class TargetShape(TypedDict):
    """The database that was looked at."""

    system_identifier: Annotated[str, Says("The cluster, as pg_control_system() names it.")]
    host: Annotated[str, Says("Host name, address, or directory of the socket.")]
    database: Annotated[str, Says("The database that pg_cron lives in.")]
    server_version: Annotated[str, Says("PostgreSQL's version, like 17.12.")]
    pg_cron_version: Annotated[str, Says("pg_cron's version, like 1.6.")]
    role: Annotated[str, Says("The role that was connected.")]


class InputsShape(TypedDict):
    """What the plan was made from, beside the database."""

    files: Annotated[list[str], Says("The files, in the order they were merged.")]
    hash: Annotated[str, Says("Of the files and the variables they use; keyed with as_of.")]


class ChangeShape(TypedDict):
    """One resource that an apply would change."""

    address: AddressText
    action: Annotated[Literal["create", "update", "delete"], Says("What would happen to it.")]
    before: Annotated[Values | None, Says("Its fields in the database; null before a create.")]
    after: Annotated[Values | None, Says("Its fields after the apply; null after a delete.")]
    sensitive: Sensitive
    reason: Annotated[str, Says("Why, where the file alone does not say it; else empty.")]
    hazards: Annotated[list[str], Says("Codes of what a reviewer must know, like DELETES_JOB.")]


class StatementShape(TypedDict):
    """One statement that alters one resource."""

    sql: Annotated[str, Says("SQL to read; a secret stands in it as :'secret_NAME'.")]
    address: AddressText
    channel: Annotated[
        Literal["transaction", "system"],
        Says("In the one transaction, or by itself (ALTER SYSTEM)."),
    ]


class SummaryShape(TypedDict):
    """Counts."""

    create: Annotated[int, Says("Resources to create.")]
    update: Annotated[int, Says("Resources to update.")]
    delete: Annotated[int, Says("Resources to delete.")]
    unchanged: Annotated[int, Says("Managed resources that are as the file has them.")]
    unmanaged: Annotated[int, Says("Resources that nobody declared.")]
    statements: Annotated[int, Says("Statements that alter managed resources.")]


class RecordShape(TypedDict):
    """What `cpctl show` and `cpctl apply` need beside the other keys.

    For cpctl alone: what is in it may be another in any version. It holds no secret.
    """

    name: Annotated[str, Says("The file's name for what it declares.")]
    port: Annotated[int, Says("The server's port.")]
    timezone: Annotated[str, Says("The server's cron.timezone.")]
    inputs: Annotated[Values, Says("A digest of each file; the names of the variables.")]
    changes: Annotated[list[Values], Says("For each change: facts, and where it is declared.")]
    unchanged: Annotated[Values, Says("The other managed resources, as they were seen.")]
    statements: Annotated[Values, Says("By number: what a statement's SQL does not show.")]
    hazards: Annotated[Values, Says("By address: code, what, address and remedy of each.")]
    notes: Annotated[list[list[str | None]], Says("Code, what, address and remedy of each.")]
    refusals: Annotated[list[list[str | None]], Says("Code, what, address and remedy of each.")]
    incomplete: Annotated[list[str], Says("Secrets that had no value to compare with.")]
    sha256: Annotated[str, Says("Of the whole document but this; an edited plan is refused.")]


class PlanShape(TypedDict):
    """`cpctl plan --format json`: what an apply would do."""

    format_version: Format
    cpctl_version: Annotated[str, Says("The version of cpctl that made it.")]
    as_of: Annotated[str, Says("The database's clock when it was read, ISO 8601.")]
    target: TargetShape
    base_fingerprint: Annotated[str, Says("SHA-256 of the state the plan starts from.")]
    inputs: InputsShape
    changes: Annotated[list[ChangeShape], Says("Sorted by address.")]
    statements: Annotated[list[StatementShape], Says("In the order in which they would run.")]
    unmanaged: Annotated[list[str], Says("Addresses that nobody declared; never touched.")]
    notes: Annotated[list[str], Says("What is worth knowing although nothing changes.")]
    refusals: Annotated[list[str], Says("Why an apply would write nothing; empty: it would.")]
    summary: SummaryShape
    complete: Annotated[bool, Says("Whether everything, secrets too, could be compared.")]
    applyable: Annotated[bool, Says("Whether an apply would be allowed to run it.")]
    record: RecordShape


class SidesShape(TypedDict):
    """One field on both sides."""

    name: Annotated[str, Says("The field.")]
    file: Annotated[Any, Says("Its value in the file; null where sensitive or not there.")]
    database: Annotated[Any, Says("Its value in the database; null where sensitive or not there.")]


Class = Annotated[
    Literal["drifted", "both", "missing", "extra", "pending"],
    Says(
        "drifted: the database changed; pending: the file did, and was not applied; both: each; "
        "missing: the database lacks it; extra: only the database has it."
    ),
]

# `class` is a word of Python, so this key cannot be written as an attribute.
_Classed = TypedDict("_Classed", {"class": Class})


class DriftedShape(_Classed):
    """One resource that is not as the file has it."""

    address: AddressText
    fields: Annotated[list[SidesShape], Says("The fields that differ.")]
    sensitive: Sensitive
    reason: Annotated[str, Says("Why it counts as extra; else empty.")]


class DriftSummaryShape(TypedDict):
    """Counts."""

    drifted: Annotated[int, Says("Resources that the database changed.")]
    both: Annotated[int, Says("Resources that the database and the file changed.")]
    missing: Annotated[int, Says("Resources that the database lacks.")]
    extra: Annotated[int, Says("Resources in scope that the file never had.")]
    pending: Annotated[int, Says("Changes of the file that were not applied yet.")]
    matching: Annotated[int, Says("Managed resources that are as the file has them.")]
    unmanaged: Annotated[int, Says("Resources that nobody declared.")]


class DriftShape(TypedDict):
    """`cpctl diff --format json`: how the database differs from the file."""

    format_version: Format
    cpctl_version: Annotated[str, Says("The version of cpctl that made it.")]
    as_of: Annotated[str, Says("The database's clock when it was read, ISO 8601.")]
    target: TargetShape
    last_apply: Annotated[str | None, Says("The file's last apply; null: the ledger knows none.")]
    resources: Annotated[list[DriftedShape], Says("What differs, sorted by address.")]
    paused: Annotated[list[str], Says("Addresses paused by hand; alone they are no drift.")]
    paused_since: Annotated[
        Mapping[str, str], Says("Of those that cpctl paused: since when, by whom and why.")
    ]
    unmanaged: Annotated[list[str], Says("Addresses that nobody declared; no drift.")]
    notes: Annotated[list[str], Says("What else is worth knowing.")]
    summary: DriftSummaryShape
    complete: Annotated[bool, Says("Whether everything, secrets too, could be compared.")]


class ErrorShape(TypedDict):
    """One thing that is wrong."""

    what: Annotated[str, Says("What is wrong.")]
    where: Annotated[str, Says("file:line:column, or an address; empty where neither applies.")]
    remedy: Annotated[str, Says("What to do; can be pasted where it is a command.")]
    details: Annotated[list[str], Says("What was and what was not done.")]
    exit_code: Annotated[int, Says("The exit code of the command.")]


class ErrorsShape(TypedDict):
    """What any command with --format json prints when it fails."""

    format_version: Format
    errors: Annotated[list[ErrorShape], Says("All that was found, not only the first.")]


class AppliedShape(TypedDict):
    """One resource that an apply changed."""

    address: AddressText
    action: Annotated[Literal["create", "update", "delete"], Says("What happened to it.")]
    jobid: Annotated[str | None, Says("Its jobid, that of a deleted job included; else null.")]


class OutcomeShape(TypedDict):
    """`cpctl apply --format json`: what was done."""

    format_version: Format
    outcome: Annotated[Literal["applied", "unchanged"], Says("Whether there was anything to do.")]
    applied: Annotated[list[AppliedShape], Says("What was changed, sorted by address.")]
    seconds: Annotated[float, Says("How long it took, the wait for the lock included.")]
    apply: Annotated[str | None, Says("Its number in the ledger; null where there is none.")]
    settled: Annotated[bool, Says("The commit's acknowledgement was lost and confirmed later.")]
    summary: SummaryShape
