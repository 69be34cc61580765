"""Statements as data: shown, saved and executed from one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from cpctl.core.resource import Address

Channel = Literal["transaction", "system"]
Form = Literal["value", "verifier"]


@dataclass(frozen=True, slots=True)
class Hole:
    """The place of a secret in a statement: filled from its source at execution, nowhere else.

    `form`: the value, or what it can be recognised by (core/verifier.py).
    """

    reference: str
    form: Form = "value"


Parameter = None | bool | int | str | Hole


class Statement(NamedTuple):
    """One statement that alters one resource, with `$1`, `$2` … for its parameters.

    `transaction` statements are bound and run in the apply's transaction; `system` ones
    (ALTER SYSTEM takes neither a bind nor a transaction) get quoted literals and run alone.
    `late`: runs only after the commit (a RESET: no running job may lose its setting).
    `role`: the owner to act for by SET LOCAL ROLE.
    `placeholder`: a custom setting that the session must know first. In a transaction its one
    parameter is given to set_config, and the statement takes it FROM CURRENT.
    `locks`: until the transaction ends, the same statement of another session waits for it.
    `setup`: what must be there before, made by statements that change nothing where it is.
    `rank`: among those of one kind and one turn, the lowest first.
    `reshapes`: afterwards there is more, or less, of the server to ask than the probe found.
    """

    sql: str
    params: tuple[Parameter, ...]
    address: Address
    channel: Channel = "transaction"
    late: bool = False
    role: str | None = None
    placeholder: str = ""
    locks: bool = False
    setup: tuple[str, ...] = ()
    reshapes: bool = False
    rank: int = 0

    @property
    def holes(self) -> tuple[Hole, ...]:
        return tuple(param for param in self.params if isinstance(param, Hole))

    @property
    def hands_over(self) -> bool:
        """Whether the transaction has to be given a secret; ALTER SYSTEM has it in its text."""
        return self.channel == "transaction" and bool(self.holes)
