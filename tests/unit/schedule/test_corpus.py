"""The verdicts, against every string of the corpus and against strings like them."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cpctl.schedule.meaning import AtStart, Interval, Meaning, Times
from cpctl.schedule.server import read
from cpctl.schedule.verdict import Invalid, Misread, Valid, judge
from tests.unit.schedule import drawn, oracle
from tests.unit.schedule.corpus import (
    COLUMNS,
    MEANINGS,
    TEXTS,
    VERDICTS,
    VERSIONS,
    as_cell,
    without_clock_flags,
)
from tests.unit.schedule.misread import step_too_large, why

REAL_WORLD = [
    *("* * * * *", "*/5 * * * *", "*/10 * * * *", "*/15 * * * *", "*/30 * * * *", "0 * * * *"),
    *("30 * * * *", "0 0 * * *", "0 0 * * 0", "0 1 1 * *", "0 2 * * *", "0 3 * * *", "0 4 * * *"),
    *("0 8 * * *", "0 17 * * *", "30 0 * * *", "35 0 * * *", "5 0 * * *", "30 3 * * *"),
    *("0,15,30,45 * * * *", "2-59/5 * * * *"),
]
ACCEPTED = {"1.4.2": "1.4", "1.6.5": "1.6"}
ADVICE = re.compile(r"(?:write|perhaps) (\S+)$")
DRAWN = 20_000


def same_firing(meaning: Meaning, expected: oracle.Sets) -> bool:
    if not isinstance(meaning, Times):
        return False
    seen = oracle.Sets(
        *(meaning.minutes, meaning.hours, meaning.days, meaning.months, meaning.weekdays),
        both=meaning.any_day or meaning.any_weekday,
        last_day=meaning.last_day,
    )
    return (seen.minutes, seen.hours, seen.months) == (
        *(expected.minutes, expected.hours, expected.months),
    ) and seen.days_that_match() == expected.days_that_match()


def check(text: str, version: str) -> str:
    """What must hold for any text at all; the kind of its verdict."""
    verdict, meaning = judge(text, version), read(text, version)
    if isinstance(verdict, Invalid):
        assert meaning is None, (text, version, verdict)
        assert 0 <= verdict.offset <= len(text), (text, version, verdict)
        assert verdict.what
    else:
        assert meaning == verdict.meaning, (text, version, verdict)
    check_by_oracle(text, version, verdict)
    return type(verdict).__name__


def check_by_oracle(text: str, version: str, verdict: Valid | Misread | Invalid) -> None:
    """Valid is exactly what the safe language says and what can fire."""
    expected, seconds = oracle.line(text, version), oracle.seconds(text, version)
    if isinstance(verdict, Valid):
        match verdict.meaning:
            case AtStart():
                assert text.strip(" \t\n").split("\n")[-1].strip() in {"@reboot", "@restart"}, text
            case Interval(count):
                assert count == seconds, (text, version, count)
            case times:
                expected = oracle.line(text.rstrip(), version)  # any blank at the end is harmless
                assert why(text.rstrip()) is None, (text, version, why(text))
                assert expected, (text, version, "not in the safe language")
                assert same_firing(times, expected), (text, version, as_cell(times))
                assert expected.fires(), (text, version, "never fires")
    else:
        assert expected is None or not expected.fires(), (text, version, verdict)


@pytest.mark.parametrize("column", ACCEPTED)
def test_valid_only_if_the_server_says_so(column: str) -> None:
    version = ACCEPTED[column]
    server = {line.text for line in VERDICTS if line.cells[column] == "valid"}
    valid = {text for text in TEXTS if isinstance(judge(text, version), Valid)}
    accepted = {text for text in TEXTS if not isinstance(judge(text, version), Invalid)}
    honest = {text for text in server if (found := oracle.line(text, version)) and found.fires()}
    honest |= {text for text in server if oracle.seconds(text, version)}
    print(
        f"\n{column}: {len(TEXTS)} strings, the server accepts {len(server)}, valid {len(valid)}: "
        f"precision {len(valid & server) / len(valid):.1%}, of the {len(honest)} that mean what "
        f"they say recall {len(valid & honest) / len(honest):.1%}, of all that the server accepts "
        f"{len(valid & server) / len(server):.1%}; accepted or misread {len(accepted & server)}"
    )
    assert valid <= server
    assert accepted == server
    assert honest <= valid


@pytest.mark.parametrize("column", COLUMNS)
def test_every_string_expands_to_the_sets_of_its_version(column: str) -> None:
    version = COLUMNS[column]
    wrong = {
        line.text: (line.cells[column], as_cell(read(line.text, version)))
        for line in MEANINGS
        if without_clock_flags(line.cells[column]) != as_cell(read(line.text, version))
    }
    assert wrong == {}


@pytest.mark.parametrize("column", COLUMNS)
def test_the_verdict_carries_the_sets_of_its_version(column: str) -> None:
    for line in MEANINGS:
        verdict = judge(line.text, COLUMNS[column])
        cell = "invalid" if isinstance(verdict, Invalid) else as_cell(verdict.meaning)
        assert cell == without_clock_flags(line.cells[column]), line.text


@pytest.mark.parametrize("column", ACCEPTED)
def test_what_is_not_a_known_misreading_is_valid(column: str) -> None:
    version = ACCEPTED[column]
    reasons: Counter[str] = Counter()
    for text, cells in VERDICTS:
        verdict, meaning = judge(text, version), read(text, version)
        if cells[column] != "valid" or not isinstance(meaning, Times) or step_too_large(text):
            continue
        if isinstance(verdict, Misread) and meaning.ever_runs:
            reason = why(text)
            assert reason, (text, verdict)
            reasons[reason] += 1
        elif meaning.ever_runs:
            assert isinstance(verdict, Valid), (text, verdict)
    print(f"\n{column}: misread by facts.md §1.2: {dict(reasons)}")
    assert len(reasons) >= 4


@pytest.mark.parametrize("version", VERSIONS)
def test_schedules_of_real_projects_are_valid(version: str) -> None:
    assert [text for text in REAL_WORLD if not isinstance(judge(text, version), Valid)] == []
    assert isinstance(judge("10 seconds", version), Invalid if version == "1.4" else Valid)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_string_of_the_corpus_holds_the_invariants(version: str) -> None:
    for text in TEXTS:
        check(text, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_drawn_strings_hold_the_invariants(version: str) -> None:
    chance = Random(f"corpus {version}")  # noqa: S311  no secret
    kinds = Counter(check(drawn.wild(chance), version) for _ in range(DRAWN // 4))
    kinds.update(check(drawn.safe(chance), version) for _ in range(DRAWN // 20))
    kinds.update(check(mutated(chance), version) for _ in range(DRAWN // 5))
    print(f"\n{version}: {dict(kinds)}")
    assert all(kinds[kind] > DRAWN // 50 for kind in ("Valid", "Misread", "Invalid")), kinds


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_suggested_instead_is_valid(version: str) -> None:
    chance = Random(f"instead {version}")  # noqa: S311  no secret
    texts = {*TEXTS, *(drawn.wild(chance) for _ in range(DRAWN // 10))}
    bad: dict[str, object] = {}
    for text in sorted(texts):
        verdict = judge(text, version)
        if not isinstance(verdict, Valid) and (found := ADVICE.search(verdict.what)):
            fields = [oracle.field(found[1], index) for index in range(5)]
            if fields == [None] * 5:
                bad[text] = verdict.what
        if not isinstance(verdict, Valid) and verdict.instead:
            better = judge(verdict.instead, version)
            if not isinstance(better, Valid):
                bad[text] = (verdict.instead, better)
    assert bad == {}


def mutated(chance: Random) -> str:
    """A string of the corpus with a character or two changed, or parts of two of them."""
    text = chance.choice(TEXTS)
    if chance.random() < 0.3:
        other = chance.choice(TEXTS)
        return text[: chance.randint(0, len(text))] + other[chance.randint(0, len(other)) :]
    for _ in range(chance.randint(1, 2)):
        place = chance.randint(0, len(text))
        text = text[:place] + chance.choice(drawn.JUNK) + text[place + chance.randint(0, 1) :]
    return text


WORD = st.text(alphabet="0123456789*/,-$@#?LWH;.%abcmonjsu", min_size=1, max_size=6)
LINE = st.lists(WORD, min_size=4, max_size=6).map(" ".join)
NOISE = st.text(alphabet="0123456789*/,-$@abcdefghijklmnopqrstuvwxyz\t\n #?LWH;.%", max_size=40)
UNICODE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@settings(max_examples=1500, deadline=None, database=None, derandomize=True)
@given(st.one_of(LINE, NOISE, UNICODE), st.sampled_from(VERSIONS))
def test_any_text_at_all_holds_the_invariants(text: str, version: str) -> None:
    check(text, version)
