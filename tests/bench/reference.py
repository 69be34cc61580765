"""The least that any tool of this kind must do: parse the file, fetch the jobs, print a line.

No validation, no diff, no options. `plan` is measured against this and the bare interpreter.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import yaml


def main(path: str, url: str) -> None:
    events = sum(1 for _ in yaml.parse(Path(path).read_bytes(), Loader=yaml.CSafeLoader))
    with psycopg.connect(url) as connection:
        query = "select jobid, jobname, schedule, command, database, username, active from cron.job"
        rows = connection.execute(query).fetchall()
    print(f"{events} events, {len(rows)} jobs")


if __name__ == "__main__":
    main(*sys.argv[1:])
