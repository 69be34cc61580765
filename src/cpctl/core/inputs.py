"""What a plan was made from beside the database, as marks that tell whether it is the same again.

Files are known to whoever has the repository, so each has a digest of its own. Variables may hold
what nobody should learn, and a short value can be guessed from any digest of it alone. So of them
a plan has the names, and one digest over all inputs together, which is keyed with the plan's
`as_of`: no table of guesses serves two plans. A key that is not in the plan could not be had again
when it is applied; so this is a mark, not a safe. docs/apply.md, "A saved plan".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from cpctl.core.text import Source


class Inputs(NamedTuple):
    """`files`: a digest for each that was read, those that files name included.

    `variables`: the names of those used. `digest`: of everything; keyed, once it is in a plan.
    """

    files: Mapping[str, str]
    variables: tuple[str, ...]
    digest: str

    def keyed(self, key: str) -> Inputs:
        """The same, so that two plans of the same inputs do not show that they are the same."""
        made = hmac.new(key.encode(), self.digest.encode(), hashlib.sha256)
        return self._replace(digest=made.hexdigest())


def text_digest(source: Source) -> str:
    """SHA-256 of a file's text."""
    return hashlib.sha256(_bytes(source.text)).hexdigest()


def inputs_of(sources: Iterable[Source], variables: Mapping[str, str]) -> Inputs:
    """The marks of these texts and these variables."""
    read = tuple(sources)
    digest = hashlib.sha256()
    used = map("=".join, sorted(variables.items()))
    for part in (*(source.text for source in read), "", *used):
        data = _bytes(part)
        digest.update(len(data).to_bytes(8, "big") + data)
    files = {source.name: text_digest(source) for source in read}
    return Inputs(files, tuple(sorted(variables)), digest.hexdigest())


def inputs_changed(then: Inputs, now: Inputs) -> tuple[str, ...]:
    """What is not as it was, a line each; `now` is keyed as `then` is. Empty: all is the same."""
    if then.digest == now.digest:
        return ()
    files = tuple(_files(then, now))
    names = tuple(_names(then, now))
    return (*files, *names) or (_values(now),)


def _files(then: Inputs, now: Inputs) -> Iterator[str]:
    for name in {**then.files, **now.files}:
        if name not in now.files:
            yield f"{name} is not read any more"
        elif name not in then.files:
            yield f"{name} was not read then"
        elif now.files[name] != then.files[name]:
            yield f"{name} has another text"


def _names(then: Inputs, now: Inputs) -> Iterator[str]:
    for name in sorted({*then.variables, *now.variables}):
        if name not in now.variables:
            yield f"the variable {name} is not used any more"
        elif name not in then.variables:
            yield f"the variable {name} was not used then"


def _values(now: Inputs) -> str:
    match now.variables:
        case ():
            return "the files were read in another order"
        case (name,):
            return f"the variable {name} has another value"
        case names:
            return f"of the variables {', '.join(names)} one or more have another value"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
