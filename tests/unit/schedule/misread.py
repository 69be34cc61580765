"""The spellings that the server reads otherwise than they look, sorted by facts.md §1.2 alone."""

from __future__ import annotations

import re

_LEADING = re.compile(r"(?:[ \t]*\n|[ \t]*#[^\n]*\n)*[ \t]*")
_NUMBER = r"(?:[0-9]+|[A-Za-z]{3})"
_HONEST = re.compile(rf"(?:\*|{_NUMBER}(?:-{_NUMBER})?)(?:/[0-9]+)?")
_STAR_AND_JUNK = re.compile(r"\*[^/,].*", re.DOTALL)
_NUMBER_AND_JUNK = re.compile(rf"{_NUMBER}[^-,/0-9A-Za-z].*", re.DOTALL)
_RANGE_AND_MORE = re.compile(
    rf"(?:\*/[0-9]+|{_NUMBER}-{_NUMBER}(?:/[0-9]+)?)[^0-9A-Za-z].*", re.DOTALL
)
_RANGE = re.compile(rf"({_NUMBER})-({_NUMBER})(?:/[0-9]+)?")
_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_DAYS = "sun mon tue wed thu fri sat".split()
_LARGEST = 2**31 - 1


def _rank(word: str) -> int:
    word = word.lower()
    if word in _NAMES:
        return _NAMES.index(word) + 1
    return _DAYS.index(word) if word in _DAYS else int(word) if word.isdecimal() else 0


def _part(part: str) -> str | None:
    found = _RANGE.fullmatch(part)
    if found and _rank(found[1]) > _rank(found[2]):
        return "a range that runs backwards"
    if any(int(digits) > _LARGEST for digits in re.findall("[0-9]+", part)):
        return "a number that overflows"
    if _HONEST.fullmatch(part):
        return None
    for pattern, name in (
        (_STAR_AND_JUNK, "junk after a star"),
        (_RANGE_AND_MORE, "more after a range or a step"),
        (_NUMBER_AND_JUNK, "junk after a number"),
    ):
        if pattern.fullmatch(part):
            return name
    return None


def why(text: str) -> str | None:
    """The row of §1.2 that a five-field string belongs to (overflow: §1.1), if any."""
    body = text[_LEADING.match(text).end() :]  # type: ignore[union-attr]  # it matches nothing too
    words = re.split(r"[ \t]+", body, maxsplit=5)
    if len(words) > 5 and words[5].strip(" \t\n"):
        return "text after the fifth field"
    if body.startswith("@"):
        return "text after a macro" if len(body.split()) > 1 else None
    words = [*words[:4], *(word.rstrip("\n") for word in words[4:5])]
    if len(words) == 5 and "\n" in words[4]:
        return "text after the fifth field"
    for word in words:
        for part in word.split(","):
            if name := _part(part):
                return name
    return None


def step_too_large(text: str) -> bool:
    """A step above its field's maximum, which 1.6.5 rejects and earlier ones take for 'once'."""
    limits = (59, 23, 31, 12, 7)
    return any(
        int(step) > limit
        for word, limit in zip(text.split(), limits, strict=False)
        for step in re.findall(r"/([0-9]+)", word)
    )
