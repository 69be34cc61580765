"""What the documentation says exists, and what exists is documented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cpctl import errors
from cpctl.cli.app import app_for
from cpctl.core.guard import ALLOWABLE
from cpctl.document.parts import known_parts
from cpctl.operate.doctor import CHECKS
from cpctl.secrets import sources

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    (*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md")),
)
NOT_OURS = {".git", "__pycache__", "node_modules", "build", "dist"}
"""In a second worktree `.git` is a file, which holds a path of the machine."""


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _commands(group: Any, *above: str) -> Iterator[tuple[str, Any]]:
    """Every command by its words, groups among them."""
    for name, command in group.commands.items():
        yield " ".join((*above, name)), command
        if hasattr(command, "commands"):
            yield from _commands(command, *above, name)


APP = typer.main.get_command(app_for(()))
COMMANDS = dict(_commands(APP))


def _options(command: Any) -> set[str]:
    return {
        name
        for param in command.params
        for name in (*param.opts, *param.secondary_opts)
        if name.startswith("-")
    }


def _exit_codes(kind: type[errors.CpctlError]) -> Iterator[int]:
    yield kind.exit_code
    for child in kind.__subclasses__():
        yield from _exit_codes(child)


def _code(page: str) -> str:
    """What stands in code, in a block or in a line."""
    blocks = re.findall(r"```\w*\n(.*?)```", page, re.DOTALL)
    return "\n".join((*blocks, *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page)))


def _anchor(heading: str) -> str:
    """As the forges make it."""
    words = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def _anchors(page: str) -> set[str]:
    bare = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    return {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", bare, re.MULTILINE)}


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_and_option_is_documented(words: str) -> None:
    page = _read(DOCS / "commands.md")
    first = words.split(maxsplit=1)[0]
    section = re.search(rf"^## cpctl {first}\n(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    assert section is not None
    assert f"cpctl {words}" in page
    said = set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", section[1]))
    aliases = {"-f"}  # explained once, with --file
    assert _options(COMMANDS[words]) - said - aliases == set()


def test_every_shared_option_is_explained_once() -> None:
    page = _read(DOCS / "commands.md")
    table = page[page.index("## Options that several") : page.index("## cpctl init")]
    named = [name for command in COMMANDS.values() for name in _options(command)]
    shared = {name for name in named if named.count(name) > 2}
    assert shared - set(re.findall(r"--?[a-z][\w-]*", table)) == set()


def test_options_of_cpctl_itself_are_documented() -> None:
    page = _read(DOCS / "commands.md")
    assert {name for name in _options(APP) if name not in page} == set()


def test_every_exit_code_is_documented() -> None:
    rows = re.findall(r"^\| (\d) \|", _read(DOCS / "exit-codes.md"), re.MULTILINE)
    readme = re.findall(r"^\| (\d) \|", _read(ROOT / "README.md"), re.MULTILINE)
    assert [int(row) for row in rows] == sorted({0, 2, *_exit_codes(errors.CpctlError)})
    assert readme == rows


def test_every_key_of_the_file_is_documented() -> None:
    page = _read(DOCS / "file.md")
    code, parts = _code(page), known_parts()
    top = {"version", "name", "was", "expect", "scope", "store", "defaults", "limits"}
    top.add("require_allow")
    for section in parts.sections():
        top.add(section.document_key)
        assert f"### {section.document_key}\n" in page
    for heading in parts.headings():
        top.add(heading.key)
        assert f"### {heading.key}\n" in page
    assert {key for key in top if f"| `{key}` |" not in page} == set()
    job = parts.kind("jobs").spec().model_fields
    assert {key for key in job if f"| `{key}` |" not in page} == set()
    assert {scheme for scheme in sources() if f"{scheme}:" not in code} == set()


def test_every_guard_is_documented() -> None:
    page = _read(DOCS / "file.md")
    raised = {
        code
        for path in (ROOT / "src/cpctl").rglob("*.py")
        for code in re.findall(r'Finding\(\s*"([A-Z_]+)"', _read(path))
    }
    assert raised > ALLOWABLE - {"CHANGES_OWNER"}, "the one that no change has today"
    assert {code for code in raised | ALLOWABLE if f"`{code}`" not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    bare = re.sub(r"```.*?```", "", _read(page), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", bare):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(_read(target)), link


def test_the_source_refers_to_pages_and_sections_that_exist() -> None:
    found = 0
    for path in (ROOT / "src").rglob("*.py"):
        text = re.sub(r"\s+#?\s*", " ", _read(path))
        for page, sections, title in re.findall(
            r'docs/([\w/-]+\.md)(?:, sections? ([\d.]+\d(?: and [\d.]+\d)*|\d)|, "([^"]+)")?', text
        ):
            found += 1
            headings = re.findall(r"^#+ (.+)$", _read(DOCS / page), re.MULTILINE)
            numbers = {heading.split()[0].rstrip(".") for heading in headings}
            assert {n.rstrip(".") for n in sections.split(" and ") if n} <= numbers, path
            assert not title or any(heading.endswith(title) for heading in headings), path
    assert found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_a_page_shows_exist(page: Path) -> None:
    for line in _code(_read(page)).splitlines():
        for words in re.findall(
            r"(?:^|[\s;(])cpctl ((?:[a-z][\w-]*|--?[a-z][\w-]*)[^|#;)…]*)", line
        ):
            _check_shown(words.rstrip(".,: ").split(), line)


def _check_shown(words: list[str], line: str) -> None:
    first, *rest = words
    if first.startswith("-"):
        assert first in _options(APP) | {"--help"}, line
        return
    assert first in COMMANDS, line
    name = f"{first} {rest[0]}" if rest and f"{first} {rest[0]}" in COMMANDS else first
    given = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
    assert given <= _options(COMMANDS[name]) | {"--help"}, line


def test_targets_that_a_page_shows_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", _read(ROOT / "Makefile"), re.MULTILINE))
    shown = {
        target
        for page in PAGES
        for target in re.findall(r"(?:^|&& )make ([a-z]+)", _code(_read(page)), re.MULTILINE)
    }
    assert {"demo", "test", "fast", "lint"} <= shown <= targets


def _committed() -> Iterator[Path]:
    """Files that could be committed: nothing below a folder that git ignores."""
    for path in ROOT.iterdir():
        if path.is_file():
            if path.name not in NOT_OURS:
                yield path
        elif (not path.name.startswith(".") or path.name == ".ci") and path.name not in NOT_OURS:
            below = (found for found in path.rglob("*") if found.is_file())
            yield from (found for found in below if not NOT_OURS & set(found.parts))


def test_nothing_tells_where_it_was_written() -> None:
    home, registry = r"/(?:work|root)/\w", r"py[p]i\b|python[h]osted|--index[-]url"
    pattern = re.compile(f"{home}|{registry}", re.IGNORECASE)
    told = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in _committed()
        if path != Path(__file__) and (found := pattern.search(_read(path)))
    ]
    assert told == []


def test_the_readme_names_every_command() -> None:
    table = re.findall(r"^\| `cpctl (\w+)` \|", _read(ROOT / "README.md"), re.MULTILINE)
    assert table == [words for words in COMMANDS if " " not in words]


def test_every_check_of_the_doctor_is_documented() -> None:
    page = _read(DOCS / "doctor.md")
    rows = re.findall(r"^\| (D\d{3}) \|", page, re.MULTILINE)
    assert rows == [check.code for check in CHECKS]
    raised = {
        code
        for path in (ROOT / "src/cpctl/operate/doctor").glob("*.py")
        for code in re.findall(r'"(D\d{3})"', _read(path))
    }
    assert raised == {*rows}
