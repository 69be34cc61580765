"""Plain words: for every schedule, never the same for two that run at other times, good aloud."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest

from cpctl.core.speech import Clock
from cpctl.schedule.meaning import Meaning, Times
from cpctl.schedule.server import read
from cpctl.schedule.speech import speak
from cpctl.schedule.verdict import Valid, judge
from cpctl.schedule.words import in_words
from tests.unit.schedule import drawn, oracle
from tests.unit.schedule.corpus import TEXTS, VERSIONS

COMMON = {
    "* * * * *": "every minute",
    "*/5 * * * *": "every 5 minutes",
    "*/10 * * * *": "every 10 minutes",
    "*/15 * * * *": "every 15 minutes",
    "0,15,30,45 * * * *": "every 15 minutes",
    "*/30 * * * *": "every 30 minutes",
    "2-59/5 * * * *": "every 5 minutes from minute 2",
    "10 seconds": "every 10 seconds",
    "1 seconds": "every second",
    "0 * * * *": "every hour",
    "30 * * * *": "every hour at minute 30",
    "0 */2 * * *": "every 2 hours",
    "0 0 * * *": "at 00:00 every day",
    "30 3 * * *": "at 03:30 every day",
    "0 0,12 * * *": "at 00:00 and 12:00 every day",
    "0 0 * * 0": "at 00:00 on Sundays",
    "0 9 * * 1-5": "at 09:00, Monday to Friday",
    "*/15 9-17 * * 1-5": "every 15 minutes from 09:00 to 17:59, Monday to Friday",
    "0 1 1 * *": "at 01:00 on day 1",
    "0 2 1 * 1": "at 02:00 on day 1 and on Mondays",
    "59 23 $ * *": "at 23:59 on the last day of the month",
    "0 0 */2 * 1": "at 00:00 on odd days, but only on Mondays",
    "0 0 29 2 *": "at 00:00 on day 29 in February",
    "0 0 1 1,4,7,10 *": "at 00:00 on day 1 in January, April, July and October",
}
GENERATED = 3000
REPORTED = {"1.4-1": "1.4", "1.5": "1.5", "1.6": "1.6"}
"""What the extension calls itself."""


def meaning(text: str, version: str = "1.6") -> Meaning:
    found = read(text, version)
    assert found is not None, text
    return found


def valid(texts: list[str], version: str = "1.6") -> list[str]:
    return [text for text in texts if isinstance(judge(text, version), Valid)]


def neighbours(chance: Random, text: str) -> list[str]:
    """Schedules that differ in one field: these are the ones that words could confuse."""
    words = text.split()
    found = []
    for index in range(len(words)):
        other = drawn.safe(chance).split()
        if len(words) == len(other):
            found.append(" ".join([*words[:index], other[index], *words[index + 1 :]]))
    return found


def runs_alike(first: Times, second: Times) -> bool:
    sets = [
        oracle.Sets(
            *(times.minutes, times.hours, times.days, times.months, times.weekdays),
            both=times.any_day or times.any_weekday,
            last_day=times.last_day,
        )
        for times in (first, second)
    ]
    clocks = {(found.minutes, found.hours) for found in sets}
    return len(clocks) == 1 and sets[0].days_that_match() == sets[1].days_that_match()


def assert_words_tell_apart(texts: list[str]) -> int:
    """How many different sentences there are."""
    said: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        said[in_words(meaning(text))].append(text)
    confused = []
    for words, same in said.items():
        first = meaning(same[0])
        for text in same[1:]:
            other = meaning(text)
            if other != first and not (
                isinstance(first, Times) and isinstance(other, Times) and runs_alike(first, other)
            ):
                confused.append((words, same[0], text))
    assert confused == []
    return len(said)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_valid_string_of_the_corpus_has_words(version: str) -> None:
    for text in valid(TEXTS, version):
        words = in_words(meaning(text, version))
        assert words == words.strip(), text
        assert words.isprintable(), text
        assert words, text
        assert "  " not in words, text


@pytest.mark.parametrize(("reported", "version"), REPORTED.items())
def test_whatever_the_server_accepts_can_be_spoken_of(reported: str, version: str) -> None:
    """A live job may hold any of them, and a plan has to show it."""
    clock = Clock(reported, "Europe/Berlin", "2027-03-27T23:30:00+00:00")
    failed = {}
    for text in TEXTS:
        try:
            speech = speak(text, clock)
        except Exception as error:  # noqa: BLE001  all of them are told at once
            failed[text] = repr(error)
            continue
        assert (speech is None) == (read(text, version) is None), text
        assert speech is None or speech.words, text
    assert failed == {}


def test_no_two_schedules_of_the_corpus_share_their_words() -> None:
    texts = valid(TEXTS)
    sentences = assert_words_tell_apart(texts)
    print(f"\nthe corpus: {len(texts)} valid strings, {sentences} sentences")


def test_no_two_generated_schedules_share_their_words() -> None:
    chance = Random("words")  # noqa: S311  no secret
    texts = valid([drawn.safe(chance) for _ in range(GENERATED)])
    near = valid([found for text in texts[:1000] for found in neighbours(chance, text)])
    sentences = assert_words_tell_apart([*texts, *near, *COMMON])
    print(f"\ngenerated: {len(texts)} and {len(near)} near ones, {sentences} sentences")
    assert len(texts) > 0.9 * GENERATED


def test_narrow_schedules_do_not_share_their_words() -> None:
    """All combinations of a few neat values in each field: neat words come from neat sets."""
    fields = (
        ("*", "0", "30", "*/5", "2-59/5", "3-59/5", "1-59/2", "0,59", "0-58/2", "50,0,10"),
        ("*", "0", "9", "*/2", "1-23/2", "0,12", "9-17", "22,23,0", "*/5"),
        ("*", "1", "*/2", "2-31/2", "$", "1-31", "*/10,*", "29,31"),
        ("*", "1", "*/3", "2", "*/2"),
        ("*", "0", "1-5", "*/2", "0-6", "6,7", "*/3", "1,*"),
    )
    texts = [""]
    for choices in fields:
        texts = [f"{text} {choice}".strip() for text in texts for choice in choices]
    chance = Random("narrow")  # noqa: S311  no secret
    sentences = assert_words_tell_apart(valid(chance.sample(texts, 12_000)))
    print(f"\nneat: {len(texts)} combinations, 12000 tried, {sentences} sentences")


@pytest.mark.parametrize("text", COMMON, ids=list(COMMON.values()))
def test_the_commonest_read_as_they_are_said_aloud(text: str) -> None:
    assert in_words(meaning(text)) == COMMON[text]


def test_speech_tells_the_next_runs_in_the_schedulers_zone() -> None:
    clock = Clock("1.6", "Europe/Berlin", "2027-10-31T00:20:00+00:00")
    speech = speak("30 2 * * *", clock)
    assert speech is not None
    assert speech.words == "at 02:30 every day"
    assert speech.runs_a_day == 1
    assert "02:30" in speech.upcoming
