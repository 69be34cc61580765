"""One section of entries: what they lack and take from elsewhere, then each through its model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Values
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cpctl.core.text import Source, Text, Wrong, text
from cpctl.document.findings import Findings
from cpctl.document.interpolate import Unresolved
from cpctl.document.mask import masked
from cpctl.document.node import Mapping, Node
from cpctl.document.parts import Section
from cpctl.document.trouble import Trouble, trouble_at, trouble_of
from cpctl.document.words import Spot, in_words

Reader = Callable[[str], Source]


def take_defaults(entries: Mapping, defaults: Values[Text, Node]) -> None:
    """Give each entry what it lacks, with the place that it has in `defaults`."""
    for entry in entries.values() if defaults else ():
        if isinstance(entry, Mapping):
            for key, value in defaults.items():
                entry.setdefault(key, value)


def read_companions(section: Section, entries: Mapping, read: Reader) -> Iterator[Trouble]:
    """`X_file: PATH` stands for X, read relative to the file that says it."""
    for plain, companion in section.companions:
        for key, entry in entries.items():
            if isinstance(entry, Mapping) and isinstance(entry.at(companion), Text):
                yield from _companion(
                    entry, plain, companion, f"{section.document_key}.{key}", read
                )


def _companion(
    entry: Mapping, plain: str, companion: str, path: str, read: Reader
) -> Iterator[Trouble]:
    key = entry.key(companion)
    named = entry.pop(key)
    if plain in entry:
        what = f"{path} has both `{plain}` and `{companion}`"
        yield trouble_at(key, what, f"remove one; in an overlay with {plain}: null")
    elif isinstance(named, Text):
        new_key = text(plain, key.source, key.start, key.end, key.style)
        entry[new_key] = named
        if not isinstance(named, Unresolved):
            try:
                entry[new_key] = _whole(read(str(Path(named.source.name).parent / named)))
            except Wrong as wrong:
                what = f'{companion}: {wrong.what}: "{named}"'
                yield trouble_of(named, masked(Wrong(what, wrong.remedy), named))


def _whole(source: Source) -> Text:
    """A file's text as a scalar: nothing of it can be lost, so it counts as a block."""
    return text(source.text, source, 0, len(source.text), "|")


def validated(section: Section, entries: Mapping, findings: Findings) -> dict[Text, Any]:
    """The entries that are as their model wants them; what is wrong with the others is found."""
    good: dict[Text, Any] = {}
    # What model_validate() calls: of an entry's time it would itself take a fifth.
    model = section.spec()
    validate = model.__pydantic_validator__.validate_python
    for key, entry in entries.items():
        try:
            made = validate(entry)
            section.check(key, made)
        except (ValidationError, Wrong) as error:
            spot = Spot(model, entry, key, f"{section.document_key}.{key}")
            findings.add(troubles_in(error, spot))
        else:
            good[key] = made
    return good


def troubles_in(error: ValidationError | Wrong, spot: Spot) -> Iterator[Trouble]:
    """What the model, or the rules of its kind, say against an entry."""
    if isinstance(error, ValidationError):
        yield from in_words(error, spot)
        return
    node = spot.written
    field = node.get(Text(error.field)) if isinstance(node, Mapping) else None
    where = field if isinstance(field, Text) else spot.key
    yield trouble_of(where, masked(error, node))
