"""Texts → Document: read, merge, interpolate, validate, expand; all that is wrong, at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Values
from dataclasses import replace

from cpctl.core.inputs import inputs_of
from cpctl.core.text import Source, text
from cpctl.document.declare import declared_entries
from cpctl.document.document import Document
from cpctl.document.findings import Findings
from cpctl.document.heading import head_from
from cpctl.document.interpolate import Variables, interpolate
from cpctl.document.node import Mapping
from cpctl.document.overlay import merge, stray_nulls
from cpctl.document.parts import Parts, known_parts, raw_parts
from cpctl.document.sections import Reader, read_companions
from cpctl.document.source import read_beside
from cpctl.document.tree import read
from cpctl.document.trouble import Trouble, trouble_at


def no_env_file(_: str) -> None:
    """No file was looked into for a variable that is missing."""


def load(
    sources: Sequence[Source],
    environment: Values[str, str],
    *,
    resolve: bool = True,
    env_file_with: Callable[[str], str | None] = no_env_file,
    read_file: Reader = read_beside,
    parts: Parts | None = None,
) -> Document:
    """The document that these files make together; each later one is laid over those before.

    `resolve`: False leaves variables as written. `env_file_with`: see Variables. `parts`: what
    a file may hold, and the version of pg_cron that entries are judged for.
    Raises InputError.
    """
    parts = parts or known_parts()
    findings, companions = Findings(sources), _Companions(read_file)
    variables = Variables(environment, resolve, env_file_with)
    root = _one_tree(sources, parts, findings)
    findings.add(_no_mappings(root, parts))
    raw, lenient = raw_parts(parts, root), replace(variables, lenient=True)
    for section in parts.unread:
        findings.add(interpolate(root.at(section), lenient, raw.under(section)))
    findings.add(interpolate(root, variables, raw))
    findings.add(_completed(root, parts, companions))
    top = text("", sources[0], 0, 0, "")
    head = head_from(root, top, parts, findings)
    entries = declared_entries(root, head, parts, findings)
    findings.stop_if_any()
    inputs = inputs_of((*sources, *companions.read), variables.used)
    return Document(**vars(head), entries=entries, sources=tuple(sources), inputs=inputs)


class _Companions:
    """The files that `X_file` names, kept because they are inputs too."""

    def __init__(self, read_file: Reader) -> None:
        self._read_file = read_file
        self.read: list[Source] = []

    def __call__(self, path: str) -> Source:
        self.read.append(self._read_file(path))
        return self.read[-1]


def _one_tree(sources: Sequence[Source], parts: Parts, findings: Findings) -> Mapping:
    readings = [read(source) for source in sources]
    for reading in readings:
        findings.add(reading.troubles)
    roots = [reading.root for reading in readings if reading.root is not None]
    if len(roots) < len(readings):
        findings.stop_if_any()
    nullable = {section.document_key for section in parts.sections()}
    findings.add(stray_nulls(readings[0], nullable))
    root, troubles = merge(roots)
    findings.add(troubles)
    return root


def _no_mappings(root: Mapping, parts: Parts) -> Iterator[Trouble]:
    """Sections that are no mappings, which are taken out: nothing more can be said about them."""
    sections = {section.document_key for section in parts.sections()}
    for key in [key for key in root if key in sections and not isinstance(root[key], Mapping)]:
        del root[key]
        yield trouble_at(key, f"`{key}` must be a mapping of names", f"write {key}: {{}} for none")


def _completed(root: Mapping, parts: Parts, read_file: Reader) -> Iterator[Trouble]:
    for section in parts.sections():
        entries = root.at(section.document_key)
        if isinstance(entries, Mapping):
            yield from read_companions(section, entries, read_file)
