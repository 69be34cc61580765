"""Input files: each way in which one cannot be read has its own words."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest

from cpctl.document import read_source, read_sources
from cpctl.document.source import SIZE_LIMIT
from cpctl.errors import InputError

WRITTEN = {
    b"a\x00b": "f.yaml:1:2: this is a NUL byte, as only binary files have. Remedy: name",
    b"\x7fELF\x02\x01\x00\xff": "f.yaml:1:7: this is a NUL byte, as only binary files have.",
    b"\xef\xbb\xbfa: b\n \xe9": "f.yaml:2:2: byte 0xE9 is not UTF-8. Remedy: save the file as UTF",
    "a: b".encode("utf-16"): "f.yaml: it is UTF-16, not UTF-8. Remedy: save it as UTF-8",
}


def fault_of(path: Path | str) -> str:
    with pytest.raises(InputError) as caught:
        read_source(str(path))
    return str(caught.value.faults[0])


@pytest.mark.parametrize(("data", "expected"), WRITTEN.items())
def test_bytes_that_are_no_text(tmp_path: Path, data: bytes, expected: str) -> None:
    (tmp_path / "f.yaml").write_bytes(data)
    assert fault_of(tmp_path / "f.yaml").startswith(f"{tmp_path}/{expected}")


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    what = f"{tmp_path}/x: there is no such file. Remedy: check the path"
    assert fault_of(tmp_path / "x") == what
    assert fault_of(tmp_path) == f"{tmp_path}: this is a directory. Remedy: name a file"
    assert "it cannot be read (Too many levels of symbolic links)" in fault_of(tmp_path / "loop")
    assert "it cannot be read (Not a directory)" in fault_of("/dev/null/x")
    assert "this is no path" in fault_of("a\x00b")


def test_what_is_no_scheduler_file(tmp_path: Path) -> None:
    """Only the first one can be begun by `cpctl init`."""
    with pytest.raises(InputError) as caught:
        read_sources([str(tmp_path / "x"), str(tmp_path / "y"), str(tmp_path)])
    assert [str(fault).removeprefix(str(tmp_path)) for fault in caught.value.faults] == [
        "/x: there is no such file. Remedy: check the path; cpctl init writes a first one",
        "/y: there is no such file. Remedy: check the path after -f",
        f": this is a directory. Remedy: name a file: {tmp_path}/scheduler.yaml",
    ]


def test_a_file_without_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    assert fault_of("f.yaml") == (
        "f.yaml: this user may not read it. Remedy: chmod u+r f.yaml, or run as its owner"
    )


def test_a_large_file_is_refused_without_being_parsed(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as file:
        file.truncate(40 * 1024 * 1024)
    begun = time.perf_counter()
    assert "it is larger than 32 MB, which no scheduler needs. Remedy:" in fault_of(path)
    assert time.perf_counter() - begun < 1


def test_a_device_without_end_is_refused() -> None:
    assert "it is larger than 32 MB" in fault_of("/dev/zero")


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"#" * SIZE_LIMIT)
    assert len(read_source(str(tmp_path / "f")).text) == SIZE_LIMIT


def test_standard_input_is_a_file() -> None:
    source = read_source("-", io.BytesIO("\ufeffa: ü".encode()))
    assert (source.name, source.text) == ("<stdin>", "a: ü")


def test_all_files_are_tried_before_any_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_sources([str(tmp_path / "x"), "-", str(tmp_path), "-"], io.BytesIO(b""))
    found = [str(fault) for fault in caught.value.faults]
    assert len(found) == 3
    assert found[2].startswith("-f - stands twice")
