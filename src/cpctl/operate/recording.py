"""Why the ledger would not tell of a pause: what to say then, and how to mend it."""

from __future__ import annotations

from cpctl.core.acting import grant
from cpctl.core.ledger import FORMAT
from cpctl.core.ledger_guard import ledger_grants
from cpctl.core.sql import identifier
from cpctl.operate.looking import Jobs
from cpctl.scene import Task


def unrecorded(task: Task, jobs: Jobs) -> str:
    """Empty where the ledger can be read and written, or be made."""
    if not task.document.ledger:
        return "the file says ledger: false"
    capabilities = jobs.scene.context.capabilities
    rights, role = capabilities.ledger, capabilities.role
    if jobs.memory.code:
        table, what = jobs.memory.code[0]
        return f"cpctl.{table} has {what}, which is not cpctl's and would run with your rights"
    if not rights.exists:
        right = f"CREATE ON DATABASE {identifier(capabilities.database)}"
        made = f"{role} may not make the ledger: {grant(right, role)}"
        return "" if rights.creatable else made
    if rights.format is None:
        return "the schema cpctl is not the ledger"
    if rights.format > FORMAT:
        return f"the ledger has format {rights.format}, and this cpctl knows {FORMAT}"
    known = f"{role} may not read and write the ledger: {ledger_grants(role)}"
    return "" if rights.open else known
