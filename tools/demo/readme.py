"""Writes the README's transcript from a run of the demo, so that it shows what cpctl prints."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
MARKS = re.compile(r"(<!-- demo: .*? -->\n).*?(<!-- /demo -->)", re.DOTALL)
USUAL = "127.0.0.1:5597"
"""Where the server listens unless that port is taken."""

EDGE = "http://127.0.0.1:9000"
"""What stands in for the Edge Functions has any port."""

SHOWN = (
    "What would cpctl do?",
    "Do it",
    "Again",
    "Somebody changes a job by hand",
    "cpctl diff finds it",
    "And apply heals it",
    "Who did what",
    "And take it back",
    "The Edge Functions",
    "pg_cron fires, the trigger calls",
    "The other side breaks",
    "And recovers",
    "All is well",
)
LONGEST, HEAD, TAIL = 25, 6, 7
"""A command's output with more lines than LONGEST is cut to its first and last ones."""


def transcript(demo: str) -> Iterator[str]:
    """Each step of the story that is shown, as Markdown."""
    for step in re.split(r"^== ", demo, flags=re.MULTILINE)[1:]:
        heading, _, rest = step.partition("\n")
        if heading in SHOWN:
            sentence, *commands = re.split(r"^(?=\$ )", rest, flags=re.MULTILINE)
            yield f"**{heading}** {sentence.strip()}\n"
            yield "```console"
            yield "\n\n".join(cut(command) for command in commands)
            yield "```\n"


def cut(command: str) -> str:
    """The command and its output; what is left out is marked with `…`."""
    lines = [line.rstrip() for line in command.rstrip().splitlines()]
    if len(lines) > LONGEST:
        lines = [*lines[:HEAD], "…", *lines[-TAIL:]]
    return "\n".join(lines)


def main() -> int:
    done = subprocess.run(
        ["bash", "tools/demo.sh"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        print(done.stdout)
        return done.returncode
    story = re.sub(r"http://127\.0\.0\.1:\d+", EDGE, done.stdout)
    story = re.sub(r"127\.0\.0\.1:\d+", USUAL, story)
    shown = "\n".join(transcript(story))
    text = MARKS.sub(lambda found: f"{found[1]}\n{shown}\n{found[2]}", README.read_text("utf-8"))
    README.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
