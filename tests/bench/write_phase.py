"""What writing n jobs takes: cpctl's own batch against one statement, in rolled-back transactions.

Prints the two times in seconds.
"""

from __future__ import annotations

import sys
import time
from statistics import median

from cpctl.core.resource import Address
from cpctl.core.statement import Statement
from cpctl.postgres.connect import Server
from cpctl.postgres.session import Session
from cpctl.postgres.transaction import write

SCHEDULE = "SELECT cron.schedule(job_name := $1, schedule := $2, command := $3)"
UNNEST = (
    "select cron.schedule(n, s, c) from unnest($1::text[], $2::text[], $3::text[]) as u(n, s, c)"
)


def main(count: int, url: str) -> None:
    jobs = [
        (f"bench_{n:06d}", f"{n % 60} {n % 24} * * *", f"SELECT bench_run({n});")
        for n in range(count)
    ]
    statements = [Statement(SCHEDULE, job, Address("job", job[0])) for job in jobs]
    columns = [list(column) for column in zip(*jobs, strict=True)]
    with Session(Server(url, "the bench"), "cpctl bench") as session:
        session.probe([])
        session.inspect([])
        timings: dict[str, list[float]] = {"batch": [], "statement": []}
        for _ in range(5):
            session.connection.execute(b"BEGIN")
            started = time.perf_counter()
            write(session, statements, lambda _: "")
            timings["batch"].append(time.perf_counter() - started)
            session.connection.execute(b"ROLLBACK")
            session.connection.execute(b"BEGIN")
            started = time.perf_counter()
            session.connection.execute(UNNEST.encode(), columns)
            timings["statement"].append(time.perf_counter() - started)
            session.connection.execute(b"ROLLBACK")
    print(median(timings["batch"]), median(timings["statement"]))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
