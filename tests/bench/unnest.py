"""The fastest way there is to make n jobs: one statement that calls cron.schedule over unnest.

Prints the seconds that the statement took in the server.
"""

from __future__ import annotations

import sys
import time

import psycopg


def main(count: int, url: str) -> None:
    names = [f"bench_{n:06d}" for n in range(count)]
    schedules = [f"{n % 60} {n % 24} * * *" for n in range(count)]
    commands = [f"SELECT bench_run({n});" for n in range(count)]
    with psycopg.connect(url) as connection:
        started = time.perf_counter()
        connection.execute(
            "select cron.schedule(n, s, c) "
            "from unnest(%s::text[], %s::text[], %s::text[]) as u(n, s, c)",
            (names, schedules, commands),
        )
        print(time.perf_counter() - started)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
