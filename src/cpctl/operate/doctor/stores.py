"""D3: whether settings and secrets that commands read, or the file declares, are there."""

from __future__ import annotations

from cpctl.core.acting import grant
from cpctl.core.diagnosis import Diagnosis, Found, Unknown
from cpctl.core.resource import Resource
from cpctl.core.sql import identifier
from cpctl.operate.doctor.case import Case, Check, Job
from cpctl.operate.doctor.scheduler import installed


def override(case: Case, job: Job, name: str) -> str | None:
    """What ALTER ROLE and ALTER DATABASE say to a run of this job; None: nothing."""
    found = None
    for database, role, setting, value in case.rows["overrides"]:
        fits = database in {"", job.database} and role in {"", job.username}
        if fits and setting == name:
            found = value
    return found


def _served(case: Case, name: str) -> bool:
    """Whether the server gives a session this setting, where nobody overrules it."""
    files = case.pairs("files")
    if files.get(name):
        return True
    real, value = next(((it[1], it[2]) for it in case.rows["settings"] if it[0] == name), (0, None))
    capabilities = case.capabilities
    ours = any(
        setting == name
        and database in {"", capabilities.database}
        and role in {"", capabilities.role}
        for database, role, setting, _ in case.rows["overrides"]
    )
    # What this very session has may come from an override; then only the files could tell.
    return bool(real) or (bool(value) and not ours) or (ours and "files" not in case.rows)


def _settings(case: Case) -> Found:
    for job in case.jobs:
        for setting in job.named.settings:
            said = override(case, job, setting.name)
            if said or (said is None and _served(case, setting.name)):
                continue
            what = f"reads the setting {setting.name}, which is not set in {job.database}"
            remedy = f"settings: {{{setting.name}: VALUE}} in the file, then cpctl apply"
            why = "every run fails" if setting.required else "it reads NULL or an empty text"
            yield case.about(job, "D303", "fail", what, why=why, remedy=remedy)


def _secrets(case: Case) -> Found:
    for job in case.jobs:
        for store, names, key in (
            ("cpctl.secrets", job.named.secrets, "table_names"),
            ("Vault", job.named.vault, "vault_names"),
        ):
            yield from _kept(case, job, (store, names, key))


def _kept(case: Case, job: Job, kept: tuple[str, tuple[str, ...], str]) -> Found:
    store, names, key = kept
    if not names:
        return
    if job.database != case.capabilities.database:
        yield Unknown(f"the secrets of the database {job.database} were not looked at")
    elif key not in case.rows and _there(case, store):
        yield Unknown(f"{case.capabilities.role} may not see which secrets are in {store}")
    else:
        there = {name for (name,) in case.rows.get(key, ())}
        for name in names:
            if name not in there:
                what = f"reads the secret {name}, which is not in {store}"
                remedy = f"secrets: {{{name}: {{from: 'env:NAME'}}}} in the file, then cpctl apply"
                yield case.about(job, "D304", "fail", what, remedy=remedy)


def _there(case: Case, store: str) -> bool:
    capabilities = case.capabilities
    return capabilities.table.exists if store == "cpctl.secrets" else bool(capabilities.vault)


def _readers(case: Case) -> Found:
    """cpctl.secret() is a function, of which D302 tells."""
    may = case.pairs("vault_readers")
    for job in case.jobs:
        if job.named.vault and "vault_readers" not in case.rows:
            yield Unknown(f"{case.capabilities.role} may not use the schema vault")
        elif job.named.vault and may.get(job.username) is False:
            what = f"reads Vault, and {job.username} may not"
            rights = ("USAGE ON SCHEMA vault", "SELECT ON vault.decrypted_secrets")
            remedy = " ".join(grant(right, job.username) for right in rights)
            yield case.about(job, "D305", "fail", what, remedy=remedy)


def _declared(case: Case) -> Found:
    """What the file declares and no command names; functions read it at each run."""
    named = {it.name for job in case.jobs for it in job.named.settings}
    for resource in case.scene.declared["setting"].values():
        name = resource.address.name
        if resource.fields and name not in named and not _set(case, resource):
            yield _absent(case, resource, "is in the file, and is not set in the database")
    for resource in case.scene.declared["secret"].values():
        key = "vault_names" if resource.fields.get("store") == "vault" else "table_names"
        store = "Vault" if key == "vault_names" else "cpctl.secrets"
        if key not in case.rows and _there(case, store):
            yield Unknown(f"{case.capabilities.role} may not see which secrets are in {store}")
        elif resource.facts["name"] not in {name for (name,) in case.rows.get(key, ())}:
            yield _absent(case, resource, f"is in the file, and not in {store}")


def _set(case: Case, resource: Resource) -> bool:
    name, home = resource.address.name, case.capabilities.database
    if resource.fields.get("store") == "database":
        return any(it[:3] == (home, "", name) and it[3] for it in case.rows["overrides"])
    return _served(case, name)


def _absent(case: Case, resource: Resource, what: str) -> Diagnosis:
    remedy, place = "cpctl apply", case.place(resource)
    return Diagnosis("D306", "fail", what, resource.address, remedy=remedy, place=place)


def _shadowed(case: Case) -> Found:
    """Roles and databases overrule the server's files for the runs of their jobs."""
    owners = {job.username for job in case.ours} | {case.scene.context.owner}
    home = case.capabilities.database
    for resource in case.scene.declared["setting"].values():
        own = (home, "") if resource.fields.get("store") == "database" else None
        rows = [row for row in case.rows["overrides"] if row[2] == resource.address.name]
        for where, who, _, _ in rows if resource.fields else ():
            if (where, who) != own and where in {"", home} and who in {"", *owners}:
                yield _overruled(case, resource, where, who)


def _overruled(case: Case, resource: Resource, where: str, who: str) -> Diagnosis:
    name, database = resource.address.name, identifier(where) if where else ""
    inside = f" IN DATABASE {database}" if where else ""
    setter = f"ALTER ROLE {identifier(who) if who else 'ALL'}{inside}"
    if where and not who:
        setter = f"ALTER DATABASE {database}"
    runs = f"a job that runs as {who}" if who else "every job"
    what = f"is overruled by {setter} SET: {runs} sees that value, not the file's"
    parts = name.split(".")
    remedy = f"{setter} RESET {'.'.join(map(identifier, parts))};"
    place = case.place(resource)
    return Diagnosis("D310", "warn", what, resource.address, remedy=remedy, place=place)


CHECKS = (
    Check("D303", "settings that commands read are set", _settings, installed, "jobs"),
    Check("D304", "secrets that commands read are there", _secrets, installed, "jobs"),
    Check(
        "D305", "jobs' users may read Vault", _readers, lambda case: bool(case.capabilities.vault)
    ),
    Check("D306", "settings and secrets of the file are in the database", _declared),
    Check("D310", "no role or database overrules the file's settings", _shadowed),
)
