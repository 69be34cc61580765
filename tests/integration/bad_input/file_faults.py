"""Files that are no text, or no file at all."""

from __future__ import annotations

from pathlib import Path

from tests.integration.bad_input.case import GOOD, HEAD, Bad

S = "scheduler.yaml"
_PASSWORD = "hunter2-hunter2"


_PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


def _no_rights(folder: Path) -> None:
    (folder / "scheduler.yaml").chmod(0)


def _huge(folder: Path) -> None:
    with (folder / "scheduler.yaml").open("wb") as file:
        file.write(GOOD.encode())
        for _ in range(40):
            file.write(b"# 0123456789 0123456789 0123456789 0123456789 0123456789 012345\n" * 16384)


def _link_to_itself(folder: Path) -> None:
    (folder / "scheduler.yaml").symlink_to("scheduler.yaml")


FILES = (
    Bad("missing file", "scheduler.yaml", "no such file", "path.*cpctl init", text=None),
    Bad(
        "missing file by name",
        "no/such.yaml",
        "no such file",
        "path",
        command=("validate", "-f", "no/such.yaml"),
        like="missing file",
    ),
    Bad(
        "directory",
        "scheduler.yaml",
        "directory",
        "name a file",
        text=None,
        arrange=lambda f: (f / "scheduler.yaml").mkdir(),
    ),
    Bad(
        "link to itself",
        "scheduler.yaml",
        "cannot be read.*(?i:symbolic links)",
        "path|link",
        text=None,
        arrange=_link_to_itself,
    ),
    Bad(
        "no permission",
        "scheduler.yaml",
        "may not read",
        r"chmod u\+r scheduler.yaml",
        arrange=_no_rights,
        unprivileged=True,
    ),
    Bad(
        "40 MB",
        "scheduler.yaml",
        "larger than 32 MB",
        "right file|divide",
        text=None,
        arrange=_huge,
    ),
    Bad(
        "device without end",
        "/dev/zero",
        "larger than|NUL|not a regular file",
        "right file|text file",
        command=("validate", "-f", "/dev/zero"),
        like="40 MB",
    ),
    Bad("empty file", "scheduler.yaml", "empty", "version: 1|cpctl init", text=""),
    Bad(
        "comments only",
        "scheduler.yaml",
        "comment",
        "version: 1|cpctl init",
        text="# later\n\n# more\n",
    ),
    Bad("NUL byte", ":6:21", "NUL", "remove the NUL", text=GOOD.replace("SELECT 1", "SELECT \0 1")),
    Bad(
        "PNG",
        "scheduler.yaml",
        "binary|NUL|not UTF-8",
        "text file|UTF-8",
        text=_PNG,
        like="NUL byte",
    ),
    Bad(
        "invalid UTF-8",
        ":6:25",
        "0xE9 is not UTF-8",
        "save .* UTF-8",
        text=GOOD.replace("SELECT 1", "SELECT 'caf\xe9'").encode("latin-1"),
    ),
    Bad("UTF-16", "scheduler.yaml", "UTF-16", "UTF-8", text=GOOD.encode("utf-16")),
    Bad(
        "UTF-16 without a mark",
        "scheduler.yaml",
        "UTF-16|NUL",
        "UTF-8|text file",
        text=GOOD.encode("utf-16-le"),
        like="NUL byte",
    ),
    Bad("BOM and garbage", ":1:1", "0xFF is not UTF-8", "UTF-8", text=b"\xef\xbb\xbf\xffgarbage"),
    Bad(
        "control character",
        ":6:21",
        "control character|U\\+0007|0x07|\\\\x07",
        "remove|quote",
        text=GOOD.replace("SELECT 1", "SELECT \x07 1"),
    ),
    Bad(
        "two documents",
        ":7:1",
        "second|documents",
        "divide|-f|one file",
        text=GOOD + "---\n" + GOOD,
    ),
    Bad("list at the top", ":1:1", "list", "key|version", text="- version: 1\n- name: t\n"),
    Bad("scalar at the top", ":1:1", "mapping|keys|text", "version|key: value", text="hello\n"),
    Bad(
        "deep nesting",
        ":3:",
        "deep|nest|levels",
        "nested more than 16",
        text=f"{HEAD}jobs: {'{a: ' * 5000}1{'}' * 5000}\n",
    ),
    Bad(
        "deep list",
        ":3:",
        "deep|nest|levels",
        "nested more than 16",
        text=f"{HEAD}scope: {{jobs: {'[' * 20000}{']' * 20000}}}\n",
        like="deep nesting",
    ),
)
