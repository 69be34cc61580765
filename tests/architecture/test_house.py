"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "cpctl"
FILES = sorted(SOURCE.rglob("*.py"))
MOST_LINES = 250
LONGEST_FUNCTION = 40


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _name(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_files_are_small() -> None:
    sizes = {_name(path): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {name: size for name, size in sizes.items() if size > MOST_LINES} == {}


def test_functions_are_small() -> None:
    long = {
        f"{_name(path)}:{function.name}": lines
        for path in FILES
        for function in _functions(path)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert long == {}


def test_no_room_is_called_utils() -> None:
    names = {part for path in FILES for part in path.relative_to(SOURCE).with_suffix("").parts}
    assert names.isdisjoint({"utils", "util", "helpers", "common", "misc"})


@pytest.mark.parametrize(("module", "attribute"), [("os", "environ"), ("os", "getenv")])
def test_only_secrets_and_cli_read_the_environment(module: str, attribute: str) -> None:
    readers = {
        path.relative_to(SOURCE).parts[0]
        for path in FILES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.value, ast.Name)
        and node.value.id == module
    }
    assert readers <= {"secrets", "cli"}


def test_the_core_is_pure() -> None:
    impure = {"os", "io", "socket", "subprocess", "time", "datetime", "random", "sys", "threading"}
    found = {
        f"{_name(path)} imports {name}"
        for path in (SOURCE / "core").glob("*.py")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _imported(node)
        if name in impure
    }
    assert found == set()


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield (node.module or "").split(".")[0]
    else:
        yield from (alias.name.split(".")[0] for alias in node.names)


def test_every_module_says_why_it_exists() -> None:
    assert [_name(path) for path in FILES if not ast.get_docstring(_tree(path))] == []
