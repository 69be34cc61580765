"""The command line: options in, one result on stdout, errors and progress on stderr."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import typer

from cpctl.cli.app import COMMANDS, app_for
from cpctl.cli.screen import write_no_more
from cpctl.errors import CpctlError
from cpctl.interrupt import exposed, happened

INTERRUPTED = 130
"""What Typer makes of Ctrl-C."""

_USAGE = typer.BadParameter.__mro__[1:-1]
"""Click's own errors; Typer carries its Click inside and exports no name for them."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and answer with its exit code; 1 for every error that names no other."""
    # pydantic would look through every installed package for plugins: 20 ms at each start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        with exposed():
            code = app_for(arguments)(list(arguments), prog_name="cpctl", standalone_mode=False)
    except CpctlError as error:
        return _report(error, arguments)
    except KeyboardInterrupt:
        return _report(_interrupted(), arguments)
    except BrokenPipeError:
        write_no_more()
        return 1
    except Exception as error:
        return _unexpected(error, arguments)
    if code == INTERRUPTED:
        return _report(_interrupted(), arguments)
    return code if isinstance(code, int) else 0


def _interrupted() -> CpctlError:
    return CpctlError("interrupted. Nothing was written", remedy="run the same command again")


def _unexpected(error: Exception, arguments: Sequence[str]) -> int:
    if isinstance(error, _usage_error()):
        return _usage(error, arguments)
    if happened() and _from_a_signal(error):
        return _report(_interrupted(), arguments)
    where = f"{type(error).__name__} in cpctl itself"
    remedy = "run it with --debug and report what it prints"
    return _report(CpctlError(where, remedy=remedy), arguments)


def _from_a_signal(error: BaseException) -> bool:
    """Whether an interrupt stands behind an error.

    Python 3.11 wraps what is raised while a class is made (__set_name__) in a RuntimeError, and
    pydantic what is raised inside of a model in an error of its own, without its cause.
    """
    behind: BaseException | None = error
    while behind is not None and not isinstance(behind, KeyboardInterrupt):
        behind = behind.__cause__ or behind.__context__
    return behind is not None or type(error).__module__.startswith("pydantic")


def _usage(error: Exception, arguments: Sequence[str]) -> int:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        print(context.get_help() if context else error, file=sys.stderr)
        return 1
    said = str(error.format_message() if hasattr(error, "format_message") else error).rstrip(".")
    named = [word for word in arguments[:1] if word in COMMANDS]
    path = context.command_path.split()[1:] if context else named
    remedy = " ".join(["cpctl", *path, "--help"])
    return _report(CpctlError(said, remedy=remedy), arguments)


def _usage_error() -> type[Exception]:
    """Click's UsageError, which BadParameter is one of."""
    return next(kind for kind in _USAGE if kind.__name__ == "ClickException")


def _report(error: CpctlError, arguments: Sequence[str]) -> int:
    if "--debug" in arguments:
        traceback.print_exc()
    if _wants_json(arguments):
        from cpctl.render.as_json import dumps, errors_json

        print(dumps(errors_json(error)))
    else:
        from cpctl.render.errors import error_text

        print(error_text(error), file=sys.stderr)
    return error.exit_code


def _wants_json(arguments: Sequence[str]) -> bool:
    pairs = zip(arguments, [*arguments[1:], ""], strict=False)
    return any(
        word == "--format=json" or (word, then) == ("--format", "json") for word, then in pairs
    )
