"""`cpctl jobs`: the file's jobs as the database has them; reads only."""

from __future__ import annotations

from cpctl.cli.looking import Format, common_of, look_at_jobs, show_either
from cpctl.cli.options import (
    DatabaseUrl,
    Debug,
    EnvFiles,
    Files,
    NoColor,
    Quiet,
    TextOrJson,
    Verbose,
)


def jobs(
    file: Files = None,
    format: Format = TextOrJson.text,
    database_url: DatabaseUrl = None,
    env_file: EnvFiles = None,
    verbose: Verbose = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> int:
    """The file's jobs as the database has them: schedule, command, last run."""
    from cpctl.render.jobs import jobs_json, jobs_text

    found = look_at_jobs(common_of(file, database_url, env_file, quiet=quiet), "jobs")
    show_either(
        format,
        lambda: jobs_text(found, verbose=verbose),
        lambda: jobs_json(found, verbose=verbose),
        plain=no_color,
    )
    return 0
