"""The settings of a file as a migration: only ALTER DATABASE runs in a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cpctl.core.finding import Finding
from cpctl.core.glob_regex import matching
from cpctl.core.guc import EXTENSIONS, is_custom
from cpctl.core.migration import OF_A_SETTING, Offline, Script, secret_refusal
from cpctl.core.resource import Address
from cpctl.core.setting_spec import Spec
from cpctl.core.text import Text


class Texts(NamedTuple):
    """The .sql files that stand beside the kind."""

    declared: str
    removal: str


def setting_script(entries: Mapping[Text, Spec], offline: Offline, texts: Texts) -> Script:
    """The settings' part of the migration; those of the server's files are refused one by one."""
    folded = {key.lower(): spec for key, spec in entries.items()}
    secret = [name for name, spec in folded.items() if spec.secret]
    skipped = secret if offline.skip_secrets else []
    written = {name: spec for name, spec in folded.items() if not spec.secret}
    return Script(
        steps=tuple(_steps(written, folded, offline, texts)),
        notes=tuple(_notes(offline)),
        skipped=tuple(_address(name) for name in skipped),
        refusals=(
            *(secret_refusal(_address(name)) for name in secret if not offline.skip_secrets),
            *_of_the_server(written, offline),
        ),
    )


def _address(name: str) -> Address:
    return Address("setting", name)


def _of_the_server(written: Mapping[str, Spec], offline: Offline) -> Iterator[Finding]:
    for name, spec in written.items():
        if not is_custom(name):
            what = "is a setting of the server: ALTER SYSTEM runs in no transaction"
            yield Finding("NOT_IN_MIGRATION", what, _address(name), "cpctl apply sets it")
        elif _store(spec, offline) != "database":
            what = "is stored in the server's files: ALTER SYSTEM runs in no transaction"
            elsewhere = "vault, table or database" if spec.store else "database"
            remedy = f"store: {elsewhere}, or cpctl apply"
            yield Finding("NOT_IN_MIGRATION", what, _address(name), remedy)


def _store(spec: Spec, offline: Offline) -> str:
    return spec.store or offline.store


def _notes(offline: Offline) -> Iterator[str]:
    if "settings" in offline.scope:
        globs = ", ".join(offline.scope["settings"].patterns)
        if offline.store != "system":
            yield f"Settings of the database in scope ({globs}) that the file lacks are reset."
        yield "A setting of the server (ALTER SYSTEM) is neither written nor removed."


def _steps(
    written: Mapping[str, Spec], all_of_them: Mapping[str, Spec], offline: Offline, texts: Texts
) -> Iterator[str]:
    rows = [
        f"                ({offline.quote(name)}, {_value(spec, offline)})"
        for name, spec in written.items()
    ]
    if rows:
        yield texts.declared.format(rows=",\n".join(rows))
    if offline.store != "system" and "settings" in offline.scope:
        moving = (f"{OF_A_SETTING}{name}".lower() for name in sorted(offline.left_out))
        kept = dict.fromkeys((*all_of_them, *moving))
        yield texts.removal.format(
            kept=", ".join(map(offline.quote, kept)),
            extensions=", ".join(map(offline.quote, sorted(EXTENSIONS))),
            covered=matching("surplus", offline.scope["settings"], offline.quote),
        )


def _value(spec: Spec, offline: Offline) -> str:
    value = spec.value
    if value is None:
        return "NULL::text"
    return offline.quote(value if isinstance(value, str) else ", ".join(value))
