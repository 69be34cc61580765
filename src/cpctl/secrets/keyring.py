"""`keyring:SERVICE/USER`: the keyring of this desktop or system, by the library of that name."""

from __future__ import annotations

from threading import Lock

from cpctl.errors import CpctlError
from cpctl.secrets.parts.around import Around

SCHEME = "keyring"
WAITS = True

_ONE_AT_A_TIME = Lock()
"""The library finds its backend at the first call, and not every backend knows threads."""


def fetch(rest: str, _: Around) -> str | None:
    service, __, user = rest.rpartition("/")
    try:
        with _ONE_AT_A_TIME:
            from keyring import get_password

            return get_password(service, user)
    except ImportError as error:
        failure = f"import of {error.name}"
    except Exception as error:  # noqa: BLE001 - backends raise what they like, values in it too
        failure = type(error).__name__
    if failure == "import of keyring":
        what = f"keyring:{rest} needs the library keyring, which is not installed"
        remedy = "in the checkout that cpctl was installed from: pip install '.[keyring]'"
        raise CpctlError(what, remedy=remedy)
    if failure == "NoKeyringError":
        what = f"keyring:{rest}: this machine has no keyring that the library knows"
        raise CpctlError(what, remedy="keyring --list-backends shows what it found")
    what = f"keyring:{rest}: the keyring could not be read ({failure})"
    raise CpctlError(what, remedy="unlock it, or look what it says: keyring get SERVICE USER")
