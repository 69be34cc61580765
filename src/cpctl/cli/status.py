"""`cpctl status`: how the file's jobs are, in numbers; reads only."""

from __future__ import annotations

from cpctl.cli.looking import Format, common_of, look_at_jobs, show_either
from cpctl.cli.options import DatabaseUrl, Debug, EnvFiles, Files, NoColor, Quiet, TextOrJson


def status(
    file: Files = None,
    format: Format = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """How the file's jobs are, in numbers: active, paused, failed, last and next run."""
    from cpctl.render.status import status_json, status_text

    found = look_at_jobs(common_of(file, database_url, env_file, quiet=quiet), "status")
    show_either(
        format,
        lambda: status_text(found),
        lambda: status_json(found),
        plain=no_color,
    )
    return 0
