"""Which job a caller means: by its address or its name, and never by a guess."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from cpctl.core.job_address import adopting
from cpctl.core.watched import View, Watched
from cpctl.server.problems import BadRequest, NoSuchJob


def job_called(word: str, seen: View) -> Watched:
    """A job of the file: other people's are not ours to touch. Raises BadRequest, NoSuchJob."""
    known = (*seen.jobs, *seen.upkeep)
    found = _called(word, known)
    if len(found) == 1:
        return found[0]
    if found:
        words = ", ".join(_only(job, known) for job in found)
        what = f"{len(found)} jobs have this name. Nothing was done"
        raise BadRequest(what, where="job", remedy=f"name it by its address: {words}")
    near = get_close_matches(word, [job.name or "" for job in known], n=1)
    remedy = f"did you mean {near[0]}?" if near else "action=jobs lists them"
    if any(word in (address.name, str(address)) for address in seen.missing):
        remedy = "it is in the file: cpctl apply makes it"
    for address, owner in seen.strangers.items():
        if word in (address.name, str(address)):
            remedy = f"it belongs to {owner} here: {adopting(owner)}"
    raise NoSuchJob(f"{seen.name} has no such job in this database", remedy=remedy)


def _called(word: str, known: Sequence[Watched]) -> Sequence[Watched]:
    """A name alone is that of the file's own owner; it may be the address of another job, too."""
    addressed = [job for job in known if word in job.called]
    if [job.name for job in addressed] == [word]:
        return addressed
    return [*addressed, *(job for job in known if job.name == word and job not in addressed)]


def _only(job: Watched, known: Sequence[Watched]) -> str:
    """What means this job and no other."""
    words = (str(job.address), job.address.name)
    return next((word for word in words if _called(word, known) == [job]), words[0])
