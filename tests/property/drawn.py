"""Hypothesis strategies: files, the hand-made world, and pairs of files, seldom strangers."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from hypothesis import strategies as st

from tests.property import reals
from tests.property.files import CUSTOM, JOBS, OTHER_DATABASE, SECRETS, URLS, File, Job
from tests.property.values import (
    ACTIVE,
    COMMANDS,
    JOB,
    MARGINS,
    OFTEN,
    SCHEDULES,
    SECRET,
    SPIKY,
    STYLES,
    URL,
    setting_value,
    some,
)
from tests.property.world import World

Mode = Literal["fresh", "edited", "moved", "subtle", "respelled"]


@dataclass(frozen=True)
class Hands:
    """Which jobs somebody pauses or resumes between two applies, and whether a twin appears."""

    flipped: frozenset[str] = frozenset()
    twin: bool = False


NO_WORLD, NO_HANDS = World(), Hands()


@dataclass(frozen=True)
class Pair:
    mode: Mode
    a: File
    b: File
    world: World = NO_WORLD
    hands: tuple[Hands, Hands] = (NO_HANDS, NO_HANDS)


@st.composite
def files(draw: st.DrawFn) -> File:
    urls = draw(some(URLS, lambda _: URL, 1))
    settings = draw(some((*CUSTOM, *reals.NAMES, *OFTEN), setting_value, 5))
    taken = {f"app.{name}_url".lower() for name in urls}
    return File(
        jobs=draw(some(sorted(JOBS), lambda _: JOB, 4)),
        settings={name: value for name, value in settings.items() if name not in taken},
        urls=urls,
        secrets=draw(some(SECRETS, lambda _: SECRET, 1)),
        store=draw(st.sampled_from(("system", "database"))),
        scope_jobs=draw(st.sampled_from((True, True, False))),
        scope_settings=draw(st.sampled_from((True, True, False))),
        default_active=draw(st.sampled_from((None, None, None, True, False))),
        style=draw(STYLES),
        upper=draw(st.booleans()),
    )


WORLDS = st.builds(World, *[st.booleans()] * 4)
HANDS = st.builds(
    Hands, st.frozensets(st.sampled_from(sorted(JOBS)), max_size=6), twin=st.booleans()
)


@st.composite
def fresh(draw: st.DrawFn) -> Pair:
    return Pair("fresh", draw(files()), draw(files()), draw(WORLDS), draw(_both_hands()))


def _both_hands() -> st.SearchStrategy[tuple[Hands, Hands]]:
    return st.tuples(HANDS, HANDS)


@st.composite
def edited(draw: st.DrawFn) -> Pair:
    """One to three things of the first file changed, of which the first is there already."""
    a = draw(files())
    if not a.jobs and not a.settings:
        a = replace(a, jobs={"prop_plain": draw(JOB)})
    b = draw(st.one_of(*_sure_edits(a)))
    for _ in range(draw(st.integers(0, 2))):
        b = draw(st.one_of(_stores(b), _restyled(b), *_sure_edits(b)))
    return Pair("edited", a, b, draw(WORLDS), draw(_both_hands()))


def _sure_edits(file: File) -> list[st.SearchStrategy[File]]:
    jobs = [st.just(key).flatmap(lambda key: _job_edit(file, key)) for key in file.jobs]
    names = [st.just(key).flatmap(lambda key: _setting_edit(file, key)) for key in file.settings]
    return [*jobs, *jobs, *names] or [_stores(file)]


def _job_edit(file: File, key: str) -> st.SearchStrategy[File]:
    job = file.jobs[key]
    changes: list[st.SearchStrategy[Job | None]] = [
        SCHEDULES.map(lambda value: replace(job, schedule=value)),
        COMMANDS.map(lambda value: replace(job, command=value)),
        ACTIVE.map(lambda value: replace(job, active=value)),
        st.sampled_from((None, OTHER_DATABASE)).map(lambda value: replace(job, database=value)),
        st.none(),
    ]
    return st.one_of(*changes).map(lambda made: replace(file, jobs=_with(file.jobs, key, made)))


def _with(jobs: Mapping[str, Job], key: str, job: Job | None) -> dict[str, Job]:
    kept = {name: old for name, old in jobs.items() if name != key}
    return kept if job is None else {**kept, key: job}


def _setting_edit(file: File, name: str) -> st.SearchStrategy[File]:
    others = {key: value for key, value in file.settings.items() if key != name}
    changed = setting_value(name).map(lambda value: replace(file, settings={**others, name: value}))
    return changed | st.just(replace(file, settings=others))


def _stores(file: File) -> st.SearchStrategy[File]:
    other: Literal["system", "database"] = "system" if file.store == "database" else "database"
    return st.just(replace(file, store=other))


def _restyled(file: File) -> st.SearchStrategy[File]:
    styled = st.tuples(STYLES, st.booleans())
    return styled.map(lambda chosen: replace(file, style=chosen[0], upper=chosen[1]))


@st.composite
def moved(draw: st.DrawFn) -> Pair:
    """The same settings of the file's own, at least one, in the other store."""
    a = draw(files())
    if not any(value is not None for value in a.custom.values()):
        a = replace(a, settings={**a.settings, draw(st.sampled_from(CUSTOM)): draw(SPIKY)})
    return Pair("moved", a, draw(_stores(a)), draw(WORLDS), draw(_both_hands()))


SUBTLE: tuple[Callable[[str], str], ...] = (
    str.swapcase,
    lambda text: text.replace("'", "''") if "'" in text else f"'{text}'",
    lambda text: text.replace("$", "$$") if "$" in text else f"{text}$1",
    lambda text: text.replace("\\", "\\\\") if "\\" in text else f"{text}\\",
    lambda text: text.replace('"', "'") if '"' in text else f'"{text}"',
    lambda text: f"{text} ",
    lambda text: unicodedata.normalize("NFD", text),
)
"""Changes that a careless comparison, or a careless quotation, would not see."""


@st.composite
def subtle(draw: st.DrawFn) -> Pair:
    """Only one setting's value differs, and only by case, quoting, `$`, backslash or the like."""
    a, change = draw(files()), draw(st.sampled_from(SUBTLE))
    old = draw(SPIKY.map(lambda text: f"aé{text}"))
    new = change(old)
    where = draw(st.sampled_from(("settings", "settings", "secrets", reals.STRING)))
    if where == "secrets":
        name = draw(st.sampled_from(SECRETS))
        a = replace(a, secrets={**a.secrets, name: old})
        b = replace(a, secrets={**a.secrets, name: new})
    else:
        name = where if where == reals.STRING else draw(st.sampled_from(CUSTOM))
        urls = {url: text for url, text in a.urls.items() if f"app.{url}_url".lower() != name}
        a = replace(a, settings={**a.settings, name: old}, urls=urls)
        b = replace(a, settings={**a.settings, name: new})
    return Pair("subtle", a, b, draw(WORLDS))


@st.composite
def respelled(draw: st.DrawFn) -> Pair:
    """Two files that mean the same: units, letter case of names, quoting, defaults spelled out."""
    name = draw(st.sampled_from(sorted(reals.MEANINGS)))
    spellings = draw(st.sampled_from(reals.MEANINGS[name]))
    first, second = draw(st.permutations(spellings))[:2] if spellings[1:] else spellings * 2
    a = draw(files())
    a = replace(a, settings={**a.settings, name: first})
    jobs = {
        key: replace(
            job,
            command=draw(MARGINS) + job.command.strip() + draw(MARGINS),
            database=None if job.database == "postgres" else job.database or "postgres",
            description=draw(st.sampled_from((None, 'It\'s "quiet" ${HERE}'))),
        )
        for key, job in a.jobs.items()
    }
    b = replace(
        a,
        jobs=jobs,
        settings={**a.settings, name: second},
        style=draw(STYLES),
        upper=not a.upper,
    )
    return Pair("respelled", a, b, draw(WORLDS))


_MADE: Mapping[Mode, Callable[[], st.SearchStrategy[Pair]]] = {
    "fresh": fresh,
    "edited": edited,
    "moved": moved,
    "subtle": subtle,
    "respelled": respelled,
}


def pairs(mode: Mode) -> st.SearchStrategy[Pair]:
    return _MADE[mode]().map(lambda pair: replace(pair, a=_clear(pair.a), b=_clear(pair.b)))


def _clear(file: File) -> File:
    """Without `null` for a database's setting outside any scope: test_found.py asks about that."""
    if file.store == "system" or file.scope_settings:
        return file
    kept = {n: v for n, v in file.settings.items() if v is not None or n in reals.NAMES}
    return replace(file, settings=kept)
