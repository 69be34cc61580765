"""D1: whether pg_cron runs at all, and could run every job."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import takewhile

from cpctl.core.acting import grant
from cpctl.core.diagnosis import Diagnosis, Found, Unknown
from cpctl.core.sql import identifier
from cpctl.operate.doctor.case import Case, Check
from cpctl.schedule.fires import next_fires
from cpctl.schedule.meaning import Interval, Meaning
from cpctl.schedule.server import release_for
from cpctl.schedule.speech import zone_of
from cpctl.schedule.verdict import meaning_of

STATISTICS = "pg_read_all_stats"
SETTINGS = "pg_read_all_settings"


def installed(case: Case) -> bool:
    """Whether there are jobs to look at."""
    return bool(case.capabilities.extension_version)


def running(case: Case) -> bool:
    """Whether there are jobs to look at, and settings of pg_cron's."""
    return installed(case) and case.server.loaded


def _extension(case: Case) -> Found:
    home, here = case.capabilities.cron_database, case.capabilities.database
    if home not in (None, here):
        what = f"pg_cron lives in the database {home}, and this is {here}: no job of {here} runs"
        yield Diagnosis("D101", "fail", what, remedy=f"connect to the database {home}")
    elif not installed(case):
        what = f"the extension pg_cron is not in the database {here}"
        yield Diagnosis("D101", "fail", what, remedy="CREATE EXTENSION pg_cron;")


def _loaded(case: Case) -> Found:
    if not case.server.loaded:
        what = "the server was not started with pg_cron's library: no job runs"
        remedy = "shared_preload_libraries = 'pg_cron' in postgresql.conf, then restart the server"
        yield Diagnosis("D102", "fail", what, remedy=remedy)


def _launcher(case: Case) -> Found:
    """Where an owner is gone it starts and dies every second; that is said by D110."""
    server = case.server
    if server.launchers is None:
        yield _unseen(case, "pg_stat_activity shows the launcher", STATISTICS)
    elif not server.launchers and server.loaded and not _orphans(case):
        what = "pg_cron's launcher is not there: no job runs"
        remedy = "look for its last words in the server's log; max_worker_processes must have room"
        yield Diagnosis("D103", "fail", what, remedy=remedy)


def _standby(case: Case) -> Found:
    if case.capabilities.standby:
        what = "this is a standby: pg_cron runs jobs on the primary only"
        yield Diagnosis("D104", "fail", what, remedy="connect to the primary")


def _launching(case: Case) -> Found:
    if case.server.launching is False:
        what = "cron.launch_active_jobs is off: no job is started, active or not"
        # ALTER SYSTEM cannot be in one transaction with anything: each statement has a -c.
        reset = '-c "ALTER SYSTEM RESET cron.launch_active_jobs"'
        remedy = f'psql {reset} -c "SELECT pg_reload_conf()"'
        yield Diagnosis("D105", "fail", what, remedy=remedy)


def _orphans(case: Case) -> list[str]:
    return sorted(name for name, role in case.roles.items() if not role.exists)


def _owners(case: Case) -> Found:
    for name in _orphans(case):
        jobs = [job for job in case.jobs if job.username == name]
        names = ", ".join(str(job.address) for job in jobs)
        what = f"the role {name} is gone, and {names} still belongs to it"
        why = "pg_cron's launcher dies of it every second: no job of this server runs"
        calls = " ".join(f"SELECT cron.unschedule({job.jobid});" for job in jobs)
        remedy = f"CREATE ROLE {identifier(name)} LOGIN; or {calls}"
        yield Diagnosis("D110", "fail", what, why=why, remedy=remedy)


def _logins(case: Case) -> Found:
    for job in case.jobs:
        role = case.roles.get(job.username)
        if role and role.exists and not role.can_login:
            what = f"belongs to {job.username}, which may not log in: every run of it fails"
            remedy = f"ALTER ROLE {identifier(job.username)} LOGIN;"
            yield case.about(job, "D111", "fail", what, remedy=remedy)


def _crowd(case: Case) -> Found:
    most = case.server.most_running
    if most is None:
        yield _unseen(case, "cron.max_running_jobs can be read", SETTINGS)
        return
    moment, number = _peak(case)
    if number > most:
        what = f"{number} jobs begin at {moment}, and cron.max_running_jobs is {most}"
        remedy = "spread their schedules, or raise cron.max_running_jobs and restart the server"
        yield Diagnosis("D112", "warn", what, why="the others wait for a place", remedy=remedy)


def _peak(case: Case) -> tuple[str, int]:
    """When, in the next day, most jobs begin in one minute, and how many."""
    clock = case.capabilities
    now, zone = datetime.fromisoformat(clock.as_of), zone_of(clock.timezone)
    end = now + timedelta(days=1)
    meanings: Counter[Meaning] = Counter()
    always = 0
    for schedule, jobs in Counter(job.schedule for job in case.jobs if job.active).items():
        meaning = meaning_of(schedule, release_for(clock.pg_cron_version or ""))
        always += jobs if isinstance(meaning, Interval) else 0
        if meaning is not None:
            meanings[meaning] += jobs
    begun: Counter[datetime] = Counter()
    for meaning, jobs in meanings.items():
        for fire in takewhile(lambda it: it < end, next_fires(meaning, now, zone)):
            begun[fire] += jobs
    if not begun:
        return "any time", always
    number = max(begun.values())
    first = min(fire for fire, jobs in begun.items() if jobs == number)
    return f"{first.astimezone(zone):%H:%M} {clock.timezone}", number + always


def _node(case: Case) -> Found:
    """Only libpq mode connects to what a job's row says; background workers do not."""
    server = case.server
    mode = case.capabilities.background_workers
    for job in () if mode else case.jobs:
        local = job.nodename in {server.cron_host or "localhost", "localhost", "127.0.0.1"}
        if local and job.nodeport != server.port:
            what = f"connects to port {job.nodeport}, and this server is at {server.port}"
        elif not local and server.cron_host is not None:
            what = f"connects to {job.nodename}, and cron.host is {server.cron_host}"
        else:
            continue
        if mode is None:
            yield _unseen(case, "cron.use_background_workers can be read", SETTINGS)
            return
        why = "a job keeps the host and the port that were right when it was made"
        remedy = f"cron.unschedule({job.jobid}), then cpctl apply makes it again"
        yield case.about(job, "D113", "fail" if local else "warn", what, why=why, remedy=remedy)


def _places(case: Case) -> Found:
    there = case.pairs("databases")
    for job in case.jobs:
        if not there.get(job.database, True):
            what = f"runs in the database {job.database}, which does not exist"
            remedy = "change `database:` of the job in the file, then cpctl apply"
            yield case.about(job, "D114", "fail", what, remedy=remedy)


def _unseen(case: Case, what: str, role: str) -> Unknown:
    return Unknown(f"{what} only to members of {role}: {grant(role, case.capabilities.role)}")


CHECKS = (
    Check("D101", "the extension pg_cron is in this database", _extension),
    Check("D102", "pg_cron's library is loaded", _loaded),
    Check("D103", "pg_cron's launcher is there", _launcher, running),
    Check("D104", "this is no standby", _standby),
    Check("D105", "jobs are started", _launching),
    Check("D110", "every job's owner exists", _owners, installed, "jobs"),
    Check("D111", "every job's owner may log in", _logins, installed, "jobs"),
    Check("D112", "no more jobs begin at once than may run", _crowd, running, "jobs"),
    Check("D113", "jobs connect to this server", _node, installed, "jobs"),
    Check("D114", "jobs run in databases that exist", _places, installed, "jobs"),
)
