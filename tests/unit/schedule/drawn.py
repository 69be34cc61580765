"""Schedules drawn at random: some in the safe language, some as a tired person types them."""

from __future__ import annotations

from random import Random

from tests.unit.schedule.oracle import LIMITS, MACROS, MONTHS, WEEKDAYS

NAMES: tuple[tuple[str, ...], ...] = ((), (), (), MONTHS, WEEKDAYS)
JUNK = "0123456789*/,-$@ abdefhijlmnoprstuwy\t\n#?LWH;.%+~\r\v\u00e9"
WORDS = """@yearly @annually @monthly @weekly @daily @midnight @hourly @reboot @restart @every
seconds second secs 5 59 60 61 0 1 00 007 4294967296 4294967301 2147483648 -1 +5 * ** *5 */5 */0
*/59 */60 */24 */23 */31 */32 */12 */13 */7 */8 $ $$ $/2 $,1 ? L W 15W H 1#2 mon mon-fri fri-mon
sun-sat sat-sun MON monday jan dec nov-feb jan-mar sept 1-5 5-1 22-6 50-10 23-0 1-5-7 1-5/2 0/5
5/10 1-10/60 1,2,3 1, ,5 5,,6 5. 5.5 5;6 5! 5% 5_ 5foo 5:30 # \n \t \r \v \f """.split(" ")


def _value(chance: Random, index: int, *, low: int | None = None) -> tuple[int, str]:
    first, last = LIMITS[index]
    number = chance.randint(first if low is None else low, last)
    names, offset = NAMES[index], first
    if names and number - offset < len(names) and chance.random() < 0.3:
        name = names[number - offset]
        return number, chance.choice((name, name.upper(), name.title()))
    return number, f"{number:02}" if chance.random() < 0.1 else str(number)


def _part(chance: Random, index: int) -> str:
    kind = chance.random()
    step = chance.randint(1, LIMITS[index][1] if chance.random() < 0.1 else LIMITS[index][1] // 2)
    if kind < 0.25:
        return f"*/{step}"
    number, shown = _value(chance, index)
    if kind < 0.65:
        return shown
    end = _value(chance, index, low=number)[1]
    return f"{shown}-{end}/{step}" if kind < 0.8 else f"{shown}-{end}"


def _field(chance: Random, index: int, stars: float) -> str:
    if chance.random() < stars:
        return "*"
    if index == 2 and chance.random() < 0.12:
        return "$"
    parts = [_part(chance, index) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    if chance.random() < 0.03:
        parts.insert(chance.randint(0, len(parts)), "*")
    return ",".join(parts)


def safe(chance: Random) -> str:
    """In the safe language of 1.6; it may still never fire (30 February)."""
    if chance.random() < 0.02:
        return chance.choice(sorted(MACROS))
    stars = (0.15, 0.35, 0.4, 0.55, 0.45)
    words = [_field(chance, index, share) for index, share in enumerate(stars)]
    return chance.choice((" ", " ", " ", "\t", "  ")).join(words)


def wild(chance: Random) -> str:
    """Anything near the language: broken lines, words of other schedulers, noise."""
    kind = chance.random()
    if kind < 0.35:
        text = list(safe(chance))
        for _ in range(chance.randint(1, 2)):
            place = chance.randrange(len(text) + 1)
            text[place : place + chance.randint(0, 1)] = chance.choice(JUNK)
        return "".join(text)
    if kind < 0.7:
        words = safe(chance).split()
        for _ in range(chance.randint(1, 2)):
            words[chance.randrange(len(words))] = chance.choice(WORDS)
        words += chance.choices(WORDS, k=chance.choice((0, 0, 0, 1)))
        return chance.choice((" ", " ", "\t", "  ")).join(words)
    if kind < 0.8:
        number = chance.choice(("1", "5", "30", "59", "60", "0", "+7", "-7", "4294967301", "007"))
        blank = chance.choice(("", " ", "  ", "\t", "\n", "\r", "\v", "\u00a0"))
        unit = chance.choice(("seconds", "second", "SECONDS", "Second", "secon", "secondz", "secs"))
        return blank + number + chance.choice((" ", "", "\n", "\f")) + unit + blank
    if kind < 0.85:
        filler = chance.choice((" ", "\n", "\t", "0", "\u00e9", "#", "x"))
        long = filler * (chance.randint(985, 1001) // len(filler.encode()))
        head = chance.choice((long, "# " + long + "\n", "* * * * *" + long, "\n" + long))
        return head + chance.choice(("* * * * *", "", "5 4 * * *", "5 seconds"))
    if kind < 0.93:
        return " ".join(chance.choices(WORDS, k=chance.choice((1, 4, 5, 5, 5, 6))))
    return "".join(chance.choices(JUNK, k=chance.randint(0, 14)))
