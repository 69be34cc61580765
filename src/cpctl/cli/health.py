"""`cpctl health`: which of the file's jobs are well; reads only."""

from __future__ import annotations

from cpctl.cli.looking import Format, common_of, look_at_jobs, show_either
from cpctl.cli.options import DatabaseUrl, Debug, EnvFiles, Files, NoColor, Quiet, TextOrJson


def health(
    file: Files = None,
    format: Format = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """Which of the file's jobs are well: success rate, failures, the last error."""
    from cpctl.render.health import health_json, health_text

    found = look_at_jobs(common_of(file, database_url, env_file, quiet=quiet), "health")
    show_either(
        format,
        lambda: health_text(found),
        lambda: health_json(found),
        plain=no_color,
    )
    return 0
