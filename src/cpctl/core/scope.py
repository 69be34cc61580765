"""Which names a file may remove: shell globs, so that nothing beyond them is ever touched."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import translate

from cpctl.core.text import Wrong

_WILDCARD = re.compile(r"\[!?\]?[^\]]*\]|[*?]")


@dataclass(frozen=True, slots=True)
class Scope:
    """Globs over whole names (`*`, `?`, `[…]`); a leading `!` excludes.

    `fold`: letters A to Z count as a to z, as PostgreSQL compares names of settings.
    """

    patterns: tuple[str, ...]
    fold: bool = False
    _included: tuple[tuple[re.Pattern[str], str], ...] = field(init=False, repr=False)
    _excluded: re.Pattern[str] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        wanted = [glob for glob in self.patterns if not glob.startswith("!")]
        unwanted = [glob[1:] for glob in self.patterns if glob.startswith("!")]
        included = tuple((self._compiled([glob]), glob) for glob in wanted)
        object.__setattr__(self, "_included", included)
        object.__setattr__(self, "_excluded", self._compiled(unwanted) if unwanted else None)

    def _compiled(self, globs: Iterable[str]) -> re.Pattern[str]:
        flags = re.IGNORECASE | re.ASCII if self.fold else re.ASCII
        return re.compile("|".join(translate(glob) for glob in globs), flags)

    def pattern(self, name: str) -> str | None:
        """The first glob that takes `name` in, unless another one excludes it."""
        if self._excluded is not None and self._excluded.match(name):
            return None
        for regex, glob in self._included:
            if regex.match(name):
                return glob
        return None

    def covers(self, name: str) -> bool:
        return self.pattern(name) is not None


def as_glob(glob: str) -> str:
    """A glob that cannot take in everything by accident.

    Raises Wrong.
    """
    body = glob.removeprefix("!")
    if not _WILDCARD.sub("", body):
        raise Wrong(
            f'the pattern "{glob}" has no literal character and could match every name',
            "begin it with what the names share: app.*",
        )
    return glob


def as_globs(globs: tuple[str, ...]) -> tuple[str, ...]:
    """Globs of which at least one takes names in.

    Raises Wrong.
    """
    if not globs:
        raise Wrong("there is no pattern", "write one, or leave the key out: nothing is removed")
    if all(glob.startswith("!") for glob in globs):
        raise Wrong("every pattern excludes, so nothing is left", "add one without !")
    return globs
