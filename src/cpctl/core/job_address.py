"""How every output names a job: a row of cron.job is known by its name and its owner."""

from __future__ import annotations

from cpctl.core.resource import Address


def address_of(name: str | None, owner: str, files_owner: str, jobid: int = 0) -> Address:
    """`job.NAME` for the file's owner, else `job.OWNER/NAME`.

    What could be read both ways is quoted. One without a name is told by its jobid.
    """
    if name is None:
        return Address("job", f"(unnamed, jobid {jobid})")
    if owner == files_owner and "/" not in name and not name.startswith(("(", '"')):
        return Address("job", name)
    shown = f'"{owner}"' if "/" in owner or '"' in owner else owner
    return Address("job", f"{shown}/{name}")


def in_full(name: str | None, owner: str, jobid: int = 0) -> Address:
    """`job.OWNER/NAME`, whoever the file's owner is."""
    return address_of(name, owner, "", jobid)


def meant(word: str, files_owner: str) -> tuple[Address, ...]:
    """The jobs that a written address may mean, the likeliest first; none where it is no address.

    `job.OWNER/NAME` with the file's owner is `job.NAME`.
    """
    kind, name = Address.parse(word)
    if kind != "job":
        return ()
    own = in_full("", files_owner).name
    return Address(kind, name), Address(kind, name.removeprefix(own))


def stranger(owner: str, role: str) -> str:
    """What is said where a job is missing, and somebody else has one of its name."""
    return f"belongs to {owner} here, and you are {role}"


def adopting(owner: str) -> str:
    """The remedy for that."""
    return f"defaults: {{username: {owner}}} in the file"
