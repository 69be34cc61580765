"""Secrets in memory: compared by digest, and never in what a user is shown."""

from __future__ import annotations

import pickle

import pytest

from cpctl.errors import CpctlError
from cpctl.secrets import Secrets

UNDECODABLE = "s3cr3t\udcff"
"""How Python hands over an environment variable that holds the byte 0xff."""


def test_bytes_that_are_not_utf8_are_refused_without_quoting_them() -> None:
    with pytest.raises(CpctlError) as refused:
        Secrets({"KEY": UNDECODABLE}, "require").sealed("env:KEY")
    assert "not UTF-8" in str(refused.value)
    assert "s3cr3t" not in str(refused.value)


def test_empty_counts_as_unset() -> None:
    assert Secrets({"KEY": ""}, "auto").sealed("env:KEY").digest is None
    with pytest.raises(CpctlError, match="env:KEY has no value"):
        Secrets({"KEY": ""}, "require").sealed("env:KEY")


def test_digests_differ_between_processes_and_show_nothing() -> None:
    one, other = (Secrets({"KEY": "s3cr3t"}, "auto") for _ in range(2))
    assert one.sealed("env:KEY") == one.seal("s3cr3t")
    assert one.sealed("env:KEY") != other.sealed("env:KEY")
    assert "s3cr3t" not in f"{one!r} {one.sealed('env:KEY')!r}"


def test_secrets_are_not_serialised() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secrets({}, "auto"))


def test_what_a_value_holds() -> None:
    known = {"KEY": "a\nb", "EMPTY": ""}
    assert Secrets(known, "auto").holds("env:KEY", "\n\0") is True
    assert Secrets(known, "auto").holds("env:KEY", "\0") is False
    assert Secrets(known, "auto").holds("env:EMPTY", "\n") is False
    assert Secrets(known, "skip").holds("env:KEY", "\n") is False


def test_no_error_of_another_kind_hangs_on_ours() -> None:
    """Python keeps in the error of a decoder all that it decoded."""
    with pytest.raises(CpctlError) as refused:
        Secrets({"KEY": UNDECODABLE}, "require").value("env:KEY")
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


def test_a_value_that_no_text_can_be_is_refused_for_all_stores() -> None:
    for value, what in {"s3cr3t\0": "holds a NUL", "s3cr3t" * 200_000: "larger than 1 MB"}.items():
        with pytest.raises(CpctlError, match=what) as refused:
            Secrets({"KEY": value}, "auto").sealed("env:KEY")
        assert "s3cr3t" not in f"{refused.value}{refused.value.fault}"
