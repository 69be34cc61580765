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
