"""Supabase Vault where no server has it: a stand-in, and the grants that Supabase gives with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

_STAND_IN = Path(__file__).with_name("vault.sql").read_bytes()
_GRANTS = """
grant usage on schema vault to {role} with grant option;
grant select, delete, truncate, references on vault.secrets, vault.decrypted_secrets
    to {role} with grant option;
grant execute on function vault.create_secret, vault.update_secret, vault._crypto_aead_det_decrypt
    to {role} with grant option;
"""


def install(admin: psycopg.Connection[Any], *roles: str) -> None:
    """As a superuser. `roles` get what Supabase's own `postgres` has: no INSERT and no UPDATE."""
    admin.execute(_STAND_IN)
    for role in roles:
        grant_like_supabase(admin, role)


def grant_like_supabase(admin: psycopg.Connection[Any], role: str) -> None:
    admin.execute(sql.SQL(_GRANTS).format(role=sql.Identifier(role)))
