"""D5: whether the URLs that jobs call lead somewhere, and to the project that is connected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from cpctl.core.diagnosis import Diagnosis, Found
from cpctl.core.resource import Address, Resource
from cpctl.core.target import supabase_project
from cpctl.operate.doctor.case import Case, Check

_PROJECT = re.compile(r"(?:db\.)?([a-z0-9]{20})\.(?:functions\.)?supabase\.(?:co|com|net|in)")
_GONE = 404
_REDIRECTS = range(300, 400)
_BROKEN = frozenset({500, 502, 503, 504})
"""501 and 405 only say that OPTIONS is not known there: somebody is at home."""


def _declared(case: Case) -> Mapping[str, Resource]:
    kinds = (case.scene.declared["setting"], case.scene.declared["secret"])
    return {str(address): it for kind in kinds for address, it in kind.items()}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _about(case: Case, code: str, name: str, what: str, remedy: str) -> Diagnosis:
    resource = _declared(case)[name]
    place, address = case.place(resource), Address.parse(name)
    return Diagnosis(code, "fail", what, address, remedy=remedy, place=place)


def _resolved(case: Case) -> Found:
    for name, url in case.urls.items():
        if trouble := case.reached[url].unresolved:
            what = f"leads to {_host(url)}, which cannot be resolved from here: {trouble}"
            yield _about(case, "D501", name, what, "mend the URL in the file, then cpctl apply")


def _answers(case: Case) -> Found:
    for name, url in case.urls.items():
        reached = case.reached[url]
        host, status = _host(url), reached.status
        if reached.refused:
            what = f"leads to {host}, which does not answer from here: {reached.refused}"
            yield _about(case, "D502", name, what, "see whether it is up, and reachable from here")
        elif status == _GONE:
            what = f"leads to {host}, which does not know it (HTTP 404)"
            yield _about(case, "D502", name, what, "deploy that function, or mend the URL")
        elif status in _BROKEN:
            what = f"leads to {host}, which is broken (HTTP {status})"
            yield _about(case, "D502", name, what, "look at the function's own log")
        elif status in _REDIRECTS:
            what = f"leads to {host}, which redirects (HTTP {status}): a run counts that as failed"
            yield _about(case, "D502", name, what, "write the URL that it redirects to")


def _projects(case: Case) -> Found:
    connected = supabase_project(case.capabilities)
    for name, url in case.urls.items():
        found = _PROJECT.fullmatch(_host(url))
        if found and found[1] != connected:
            what = f"calls the Supabase project {found[1]}, and the database is of {connected}"
            remedy = "use that environment's variables (--env-file), then cpctl apply"
            yield _about(case, "D503", name, what, remedy)


CHECKS = (
    Check("D501", "the URLs' hosts can be resolved", _resolved, lambda case: bool(case.urls)),
    Check("D502", "the URLs answer", _answers, lambda case: case.options.probe and bool(case.urls)),
    Check(
        "D503",
        "the URLs are of the connected Supabase project",
        _projects,
        lambda case: bool(supabase_project(case.capabilities)),
    ),
)
