"""What a file can say about its jobs and about itself, through the real kinds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpctl.core.limits import Limit, Limits, as_limit
from cpctl.core.text import Source, Text, Wrong
from cpctl.document import Document, load
from cpctl.errors import InputError

HEAD = "version: 1\nname: t\n"
REST = "    schedule: '* * * * *'\n    command: SELECT 1\n"


def read(*texts: str) -> Document:
    return load([Source(f"{n}.yaml", text) for n, text in enumerate(texts)], {"OLD": "rpt"})


def job(name: str, *lines: str) -> str:
    return f"  {name}:\n" + "".join(f"    {line}\n" for line in lines) + REST


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(HEAD + text)
    return [str(fault) for fault in caught.value.faults]


def test_what_a_job_says_is_carried() -> None:
    keys = ("was: ${OLD}", "ignore_changes: [active, schedule]", "protect: true")
    (spec,) = read(f"{HEAD}jobs:\n{job('report', *keys)}").entries["jobs"].values()
    assert (spec.was, spec.ignore_changes, spec.protect) == ("rpt", ("active", "schedule"), True)
    assert isinstance(spec.was, Text)
    assert str(spec.was.place) == "0.yaml:5:10"


def test_what_is_left_out_is_nothing() -> None:
    document = read(f"{HEAD}jobs:\n{job('report')}")
    (spec,) = document.entries["jobs"].values()
    assert (spec.was, spec.ignore_changes, spec.protect) == (None, (), False)
    assert (document.was, document.require_allow) == (None, ())
    assert document.limits == Limits(Limit(30, percent=True), None)


def test_what_the_file_says_about_itself_is_carried() -> None:
    document = read(
        f"{HEAD}was: t-old\nlimits: {{updates: 20}}\nrequire_allow: [DELETES_JOB]\n",
        "limits: {deletes: 50%}\nrequire_allow: [RUN_IN_PROGRESS]\n",
    )
    assert document.was == "t-old"
    assert document.limits == Limits(Limit(50, percent=True), Limit(20, percent=False))
    assert document.require_allow == ("RUN_IN_PROGRESS",)


def test_only_the_first_file_says_what_it_was() -> None:
    with pytest.raises(InputError, match=r"1.yaml:1:1: only the first file has `was`"):
        read(HEAD, "was: t-old\n")


WRONG = {
    job("a", "ignore_changes: [shedule]"): '"shedule" is no field of a job that could be ignored. '
    "Remedy: did you mean schedule?",
    job("a", "ignore_changes: [username]"): "Remedy: one of schedule, command, database, active",
    job("a", "protect: yes"): 'expected true or false, got "yes"',
    job("a", "was: a"): "0.yaml:5:10: `was` is the name that the job has",
    job("a", "name: b", "was: b"): "0.yaml:6:10: `was` is the name that the job has",
    job("a", "was: b") + job("b"): "0.yaml:5:10: job `a` was `b`, which is declared too: at 0.yaml:"
    "8:3. Remedy: remove that entry, or this line",
    job("a", "was: c") + job("x", "name: c"): "job `a` was `c`, which is declared too",
    job("a", "was: c") + job("b", "was: c"): "0.yaml:9:10: job `b` cannot have been `c`: `a` was",
}


@pytest.mark.parametrize(("text", "expected"), WRONG.items())
def test_each_fault_has_its_place_and_remedy(text: str, expected: str) -> None:
    (found,) = faults(f"jobs:\n{text}")
    assert expected in found


def test_two_names_that_change_places_are_both_told() -> None:
    swapped = job("a", "was: b") + job("b", "was: a")
    assert len(faults(f"jobs:\n{swapped}")) == 2


def test_an_old_name_of_another_owner_is_another_job() -> None:
    text = job("a", "was: b") + job("x", "name: b", "username: other")
    assert len(read(f"{HEAD}jobs:\n{text}").entries["jobs"]) == 2


@pytest.mark.parametrize(
    ("limit", "count", "of", "exceeded"),
    [
        ("30%", 3, 10, False),
        ("30%", 4, 10, True),
        ("30%", 9, 9, False),
        ("100%", 10, 10, False),
        ("0%", 1, 10, True),
        ("0", 1, 2, True),
        ("5", 5, 5, False),
        ("5", 6, 1000, True),
    ],
)
def test_a_limit_is_a_share_of_ten_or_more_or_a_number(
    limit: str, count: int, of: int, *, exceeded: bool
) -> None:
    assert as_limit(limit).exceeded(count, of) is exceeded


@given(st.text(max_size=6))
def test_any_text_is_a_limit_or_wrong(text: str) -> None:
    try:
        limit = as_limit(text)
    except Wrong:
        return
    digits = text.removesuffix("%")
    assert (digits.isdecimal(), digits.isascii()) == (True, True)
    assert limit == Limit(int(digits), digits != text)
