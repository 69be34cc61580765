"""A verifier knows its value again, and costs nobody more than it should."""

from __future__ import annotations

import hashlib
import time

import pytest

from cpctl.core.verifier import fits, make
from cpctl.secrets import Secrets

SALT = bytes(range(16))
MADE = make("s3cr3t", SALT)
N, R, P, HASH = 16384, 8, 1, MADE.rpartition("$")[2]


def written(*, n: object = N, r: object = R, p: object = P, salt: str = SALT.hex()) -> str:
    return f"scrypt${n}${r}${p}${salt}${HASH}"


def test_it_is_scrypt_as_anybody_computes_it() -> None:
    hashed = hashlib.scrypt(b"s3cr3t", salt=SALT, n=N, r=R, p=P, dklen=len(HASH) // 2)
    assert written() == MADE
    assert hashed.hex() == HASH


@pytest.mark.parametrize("value", ["s3cr3t", "", "a\nb", "Größe 🚀", "x" * 100_000])
def test_it_fits_its_value_and_no_other(value: str) -> None:
    made = make(value, SALT)
    assert fits(value, made)
    assert not fits(f"{value} ", made)
    assert not fits(value, make(value + "x", SALT))


def test_salt_makes_equal_values_differ() -> None:
    assert make("s3cr3t", SALT) != make("s3cr3t", SALT[::-1])
    secrets = Secrets({"KEY": "s3cr3t"}, "auto")
    one, other = secrets.verifier("env:KEY"), secrets.verifier("env:KEY")
    assert one != other
    assert fits("s3cr3t", one)
    assert fits("s3cr3t", other)


@pytest.mark.parametrize(
    "verifier",
    [
        "",
        "scrypt",
        "bcrypt$12$abc",
        MADE.upper(),
        f"{MADE}\n",
        f" {MADE}",
        MADE[:-2],
        f"{MADE}00",
        written(salt=""),
        written(salt="abc"),
        written(salt="zz"),
        written(n=0),
        written(n=1),
        written(n=3),
        written(r=0),
        written(p=0),
        written(n=-N),
        "x" * 1_000_000,
    ],
)
def test_what_is_no_verifier_fits_nothing(verifier: str) -> None:
    assert fits("s3cr3t", verifier) is False


@pytest.mark.parametrize(
    "verifier",
    [
        written(n=2**29),
        written(n=2**20, r=8),
        written(r=999),
        written(p=999),
        written(n=2, r=999, p=999),
    ],
)
def test_a_hostile_verifier_costs_nothing(verifier: str) -> None:
    started = time.monotonic()
    assert fits("s3cr3t", verifier) is False
    assert time.monotonic() - started < 0.5


def test_secrets_are_compared_with_what_is_kept() -> None:
    known = {"KEY": "s3cr3t", "OTHER": "another", "EMPTY": ""}
    assert Secrets(known, "auto").fits("env:KEY", MADE) is True
    assert Secrets(known, "auto").fits("env:OTHER", MADE) is False
    assert Secrets(known, "auto").fits("env:EMPTY", MADE) is None
    assert Secrets(known, "skip").fits("env:KEY", MADE) is None


def test_a_verifier_is_tried_once_a_run() -> None:
    secrets = Secrets({"KEY": "s3cr3t"}, "auto")
    secrets.fits("env:KEY", MADE)
    started = time.monotonic()
    assert all(secrets.fits("env:KEY", MADE) for _ in range(1000))
    assert time.monotonic() - started < 1
