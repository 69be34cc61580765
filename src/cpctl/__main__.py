"""The console script: what must be instant is answered before anything heavy is imported."""

from __future__ import annotations

import gc
import sys

from cpctl import __version__


def main() -> None:
    """Run cpctl and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        print(f"cpctl {__version__}")
        return
    # A process that lives for a second gains nothing from collecting cycles while it parses.
    gc.disable()
    from cpctl.cli import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
