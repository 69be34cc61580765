"""The sandbox against the PostgreSQL that is installed here, as root and as a plain user."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cpctl.errors import CpctlError
from cpctl.operate import binaries, sandbox

PATH = "/usr/local/bin:/usr/bin:/bin"
INSTALLED = Path("/usr/lib/postgresql/15/bin")

# A process of its own, as the command is: imports, becomes the user, calls, prints, ends.
_CALL = """
import json, os, pwd, sys
from pathlib import Path
from cpctl.errors import CpctlError
from cpctl.operate import sandbox
user, home, name, *arguments = sys.argv[1:]
if user and os.geteuid() == 0:
    entry = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
try:
    answer = getattr(sandbox, name)(Path(home), *arguments)
except CpctlError as error:
    answer = {"error": str(error.fault), "details": error.details}
print(json.dumps(answer, default=str))
"""


class Caller:
    def __init__(self, user: str) -> None:
        self.user = user
        self.top = Path(tempfile.mkdtemp(prefix="test-sandbox-"))
        self.home = self.top / "state" / "cpctl sandbox"
        self.made: set[Path] = set()
        if user and os.geteuid() == 0:
            shutil.chown(self.top, user)

    def begin(self, name: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        argv = [sys.executable, "-c", _CALL, self.user, str(self.home), name, *arguments]
        env = os.environ | environment
        return subprocess.Popen(argv, stdout=-1, stderr=subprocess.STDOUT, text=True, env=env)

    def __call__(self, name: str, *arguments: str, **environment: str) -> Any:
        """Reads until the end of the output: a server that kept it open would hang this."""
        with self.begin(name, *arguments, **environment) as process:
            text, _ = process.communicate(timeout=60)
        assert process.returncode == 0, text
        self.note()
        return json.loads(text)

    def note(self) -> None:
        """What the sandbox says it makes must be gone in the end."""
        record = self.home / "sandbox.json"
        if record.exists():
            fields = json.loads(record.read_text())
            self.made |= {Path(fields["base"]), Path(fields["sockets"])}

    def remove(self) -> None:
        answer = self("stop")
        shutil.rmtree(self.top)
        assert isinstance(answer, bool)
        assert [path for path in self.made if path.exists()] == []


@pytest.fixture(params=["", "nobody"], ids=["caller", "nobody"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    yield from _caller(request.param)


@pytest.fixture
def one() -> Iterator[Caller]:
    yield from _caller("")


def _caller(user: str) -> Iterator[Caller]:
    found = Caller(user)
    yield found
    found.remove()


def _query(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchall()


def _processes(data: str) -> list[int]:
    """Of the servers, whatever the sandbox thinks of them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if data in (process / "cmdline").read_text().split("\0"):
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _kill(started: list[str]) -> int:
    (pid,) = _processes(started[2])
    os.kill(pid, signal.SIGKILL)
    _wait(lambda: not _processes(started[2]))
    return pid


def _wait(done: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_sandbox_lives_from_start_to_stop(caller: Caller) -> None:
    assert caller("status") == ["stopped", None]
    assert not caller.home.exists()
    url, version, data, log = started = caller("start", PATH)
    assert version.startswith("15.")
    assert "ready to accept connections" in Path(log).read_text()
    assert _query(url, "SELECT cron.schedule('a', '* * * * *', 'SELECT 1')") == [(1,)]
    assert caller("start", PATH) == started
    assert _query(url, "SELECT jobname FROM cron.job") == [("a",)]
    assert caller("url") == url
    assert caller("status") == ["running", started]
    assert caller("stop") is True
    assert _processes(data) == []
    assert [path.name for path in caller.home.iterdir()] == ["lock"]
    assert caller("status") == ["stopped", None]
    assert caller("stop") is False
    assert caller("url")["error"] == "no sandbox is running. Remedy: cpctl sandbox start"


def test_the_server_is_private_and_local(caller: Caller) -> None:
    url, _, data, _ = caller("start", PATH)
    shown = "listen_addresses", "data_directory", "lc_collate", "server_encoding", "TimeZone"
    values = [_query(url, f"SHOW {name}")[0][0] for name in shown]
    assert values == ["", data, "C", "UTF8", "UTC"]
    assert _query(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [(True,)]
    (sockets,) = _query(url, "SHOW unix_socket_directories")[0]
    root = os.geteuid() == 0
    owner = caller.user or ("postgres" if root else pwd.getpwuid(os.geteuid()).pw_name)
    for directory in (Path(sockets), Path(data), Path(data).parent):
        assert directory.stat().st_mode & 0o777 == 0o700
        assert directory.owner() == owner
    (pid,) = _processes(data)
    assert Path(f"/proc/{pid}").owner() == owner


def test_its_jobs_run_whatever_the_callers_environment(caller: Caller) -> None:
    odd = {"PGSERVICE": "none", "PGPORT": "1", "PGDATA": "/none", "PGOPTIONS": "-c no.such=1"}
    url, _, data, log = caller("start", PATH, **odd, A_SECRET="abc")
    _query(url, "SELECT cron.schedule('boot', '@reboot', 'SELECT 42')")
    server = Path(data).stat()
    restart = [INSTALLED / "pg_ctl", "restart", "-s", "-D", data, "-l", log]
    who = {"user": server.st_uid, "group": server.st_gid} if os.geteuid() == 0 else {}
    subprocess.run(restart, check=True, cwd="/", env={}, **who)  # type: ignore[call-overload]
    ended = "SELECT status, return_message FROM cron.job_run_details WHERE end_time IS NOT NULL"
    _wait(lambda: _query(url, ended))
    assert _query(url, ended) == [("succeeded", "1 row")]
    assert caller("status")[0] == "running"


def test_the_server_does_not_get_the_callers_environment(one: Caller) -> None:
    _, _, data, _ = one("start", PATH, A_SECRET="abc")
    (pid,) = _processes(data)
    assert b"A_SECRET" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_two_starts_at_once_give_one_server(caller: Caller) -> None:
    racers = [caller.begin("start", PATH) for _ in range(4)]
    answers = [json.loads(racer.communicate(timeout=60)[0]) for racer in racers]
    assert all(answer == answers[0] for answer in answers)
    assert len(_processes(answers[0][2])) == 1


def test_a_server_that_died_is_stale_and_start_begins_afresh(caller: Caller) -> None:
    dead = caller("start", PATH)
    _kill(dead)
    assert caller("status") == ["stale", dead]
    assert "no sandbox is running" in caller("url")["error"]
    alive = caller("start", PATH)
    assert alive[2] != dead[2]
    assert not Path(dead[2]).exists()
    assert caller("status") == ["running", alive]


def test_stop_clears_what_a_dead_server_left(caller: Caller) -> None:
    dead = caller("start", PATH)
    _kill(dead)
    assert caller("stop") is True
    assert not Path(dead[2]).parent.exists()


def test_after_a_reboot_the_old_number_is_another_process_and_is_left_alone(one: Caller) -> None:
    dead = one("start", PATH)
    pid = _kill(dead)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        file = Path(dead[2], "postmaster.pid")
        file.write_text(file.read_text().replace(str(pid), str(stranger.pid), 1))
        assert one("status")[0] == "stale"
        assert one("stop") is True
        assert stranger.poll() is None
        stranger.kill()


def test_a_server_without_its_socket_is_out_of_reach_and_is_ended(one: Caller) -> None:
    lost = one("start", PATH)
    (sockets,) = _query(lost[0], "SHOW unix_socket_directories")[0]
    shutil.rmtree(sockets)
    assert one("status") == ["stale", lost]
    found = one("start", PATH)
    assert _processes(lost[2]) == []
    assert one("status") == ["running", found]


def test_a_start_that_was_killed_is_cleared_by_the_next_one(one: Caller) -> None:
    with one.begin("start", PATH) as process:
        _wait((one.home / "sandbox.json").exists)
        process.kill()
    one.note()
    assert one("status")[0] == "stale"
    assert one("start", PATH)[1].startswith("15.")


def test_another_version_than_the_running_one_is_refused(one: Caller) -> None:
    assert one("start", PATH, "15")[1].startswith("15.")
    assert "running, not 14" in one("start", PATH, "14")["error"]
    assert one("status")[0] == "running"


def test_an_odd_state_directory_is_no_hindrance(one: Caller) -> None:
    one.home = one.top / "it's a 100% deep ä" / ("x" * 100) / "sandbox"
    assert _query(one("start", PATH)[0], "SELECT 1") == [(1,)]


def test_a_path_that_a_shell_would_read_is_refused() -> None:
    with tempfile.TemporaryDirectory(prefix="test$(id)") as top:
        caller = Caller("nobody")
        shutil.rmtree(caller.top)
        caller.top = Path(top)
        caller.home = caller.top / "s"
        if os.geteuid() == 0:
            shutil.chown(top, "nobody")
        assert "pg_ctl cannot take" in caller("start", PATH)["error"]
        assert caller("status") == ["stopped", None]


def _fake(folder: Path, version: str, *, has_cron: bool, **scripts: str) -> Path:
    """An installation that describes itself, and is the real one but for `scripts`."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    libraries = "/usr/lib/postgresql/15/lib" if has_cron else f"{folder}/lib"
    lines = f"PostgreSQL {version} (Fake)", programs, libraries, "/usr/share/postgresql/15"
    bodies = {name: f'exec {INSTALLED}/{name} "$@"' for name in ("initdb", "postgres", "pg_ctl")}
    bodies |= {"pg_config": "\n".join(f"echo '{line}'" for line in lines)} | scripts
    for name, body in bodies.items():
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    return programs


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that the user postgres may enter, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="test-sandbox-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def failure(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CpctlError]:
    def of_a_start_with(**scripts: str) -> CpctlError:
        programs = _fake(open_folder, "99.0", has_cron=True, **scripts)
        token, home = open_folder.name, open_folder / "home"
        monkeypatch.setattr(sandbox, "token_hex", lambda _: token)
        with pytest.raises(CpctlError) as caught:
            sandbox.start(home, str(programs))
        assert [path.name for path in home.iterdir()] == ["lock"]
        for place in (*sandbox._PLACES_OF_ROOT, sandbox._SOCKETS):
            assert list(place.glob(f"cpctl-*{token}")) == []
        assert caught.value.exit_code == 1
        assert caught.value.fault.remedy
        return caught.value

    return of_a_start_with


@pytest.mark.parametrize("program", ["initdb", "postgres", "pg_ctl"])
def test_a_failed_start_shows_the_log_and_leaves_nothing(
    failure: Callable[..., CpctlError], program: str
) -> None:
    error = failure(**{program: "seq 1 30; echo no space left on device >&2; exit 1"})
    assert str(error).endswith(f"/{program}` failed")
    assert error.details[-1] == "no space left on device"
    assert error.details[0] == "20"


def test_a_program_that_hangs_is_ended(
    failure: Callable[..., CpctlError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_TIMEOUT", 1)
    error = failure(initdb="exec sleep 30")
    assert str(error).endswith("/initdb` took more than 1 s")


def test_a_pg_cron_that_does_not_load_is_a_failed_start(failure: Callable[..., CpctlError]) -> None:
    error = failure(postgres=f'exec {INSTALLED}/postgres "$@" -c shared_preload_libraries=')
    assert any("pg_cron can only be loaded via shared_preload" in line for line in error.details)


def test_the_newest_installation_with_pg_cron_wins(open_folder: Path) -> None:
    made = {
        version: _fake(open_folder / version, version, has_cron=version != "18.0")
        for version in ("15.9", "15.10", "17beta2", "18.0")
    }
    path = os.pathsep.join(map(str, made.values()))
    assert binaries.find(path, folders=()).programs == made["17beta2"]
    assert binaries.find(path, "15", ()).programs == made["15.10"]
    assert binaries.find("", "15.9", [f"{open_folder}/*/bin"]).programs == made["15.9"]


def test_debians_own_is_found_by_path_by_folder_and_by_a_link(open_folder: Path) -> None:
    (open_folder / "pg_ctl").symlink_to(INSTALLED / "pg_ctl")
    found = binaries.find("", folders=["/usr/lib/postgresql/*/bin"])
    assert found.programs == INSTALLED
    assert binaries.find("/usr/bin", folders=()) == found
    assert binaries.find(str(open_folder), folders=()) == found


def test_an_installation_without_pg_config_is_known_by_its_folders(open_folder: Path) -> None:
    programs = _fake(open_folder, "15.18", has_cron=False)
    (programs / "pg_config").unlink()
    (open_folder / "lib").mkdir()
    (open_folder / "lib" / "pg_cron.so").touch()
    (open_folder / "share" / "extension").mkdir(parents=True)
    (open_folder / "share" / "extension" / "pg_cron.control").touch()
    found = binaries.find(str(programs), folders=())
    assert (found.programs, found.libraries) == (programs, open_folder / "lib")
    assert found.version.startswith("15.")


def _refusal(path: str, version: str = "") -> CpctlError:
    with pytest.raises(CpctlError) as caught:
        binaries.find(path, version, ())
    return caught.value


def test_no_postgresql_at_all_says_where_it_looked_and_what_to_install() -> None:
    error = _refusal("")
    assert str(error) == "no PostgreSQL with pg_cron is installed"
    assert error.details == (
        "looked on PATH for pg_config and pg_ctl: (empty)",
        "looked in no other folder",
    )
    assert "apt-get install postgresql-" in error.fault.remedy


def test_a_postgresql_without_pg_cron_is_named_with_what_it_lacks(open_folder: Path) -> None:
    programs = _fake(open_folder, "16.2", has_cron=False)
    error = _refusal(f"{programs}:/usr/bin", "16")
    assert str(error) == "no PostgreSQL 16 with pg_cron is installed"
    lack = f"without pg_cron: {open_folder}/lib/pg_cron.so is missing"
    assert error.details[0] == f"found PostgreSQL 16.2 in {programs}, {lack}"
    install = "apt-get install postgresql-16 postgresql-16-cron"
    assert error.fault.remedy == f"{install}, from apt.postgresql.org"
    assert _refusal(f"{programs}:/usr/bin", "15.99").fault.remedy == install.replace("16", "15")


def test_programs_that_fail_hang_or_are_incomplete_are_no_installation(
    open_folder: Path,
) -> None:
    _fake(open_folder / "a", "15.1", has_cron=True, pg_config="exit 1", postgres="exit 1")
    _fake(open_folder / "b", "15.1", has_cron=True, pg_config="echo what", postgres="echo what")
    (_fake(open_folder / "c", "15.1", has_cron=True) / "initdb").unlink()
    error = _refusal(f"{open_folder}/a/bin:{open_folder}/b/bin:{open_folder}/c/bin")
    assert len(error.details) == 2


def test_a_relative_entry_of_path_is_not_followed(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fake(open_folder, "15.1", has_cron=True)
    monkeypatch.chdir(open_folder)
    assert len(_refusal("bin::.").details) == 2


def test_root_without_a_user_for_the_server_is_told_how_to_make_one(tmp_path: Path) -> None:
    assert os.geteuid() == 0, "make test runs as root, since it starts servers"
    with pytest.raises(CpctlError, match="refuses to run as root, and there is no") as caught:
        sandbox.start(tmp_path, PATH, account="no-such-user")
    assert "useradd --system" in caught.value.fault.remedy


def test_a_state_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CpctlError) as caught:
        sandbox.start(tmp_path / "file" / "home", PATH)
    assert caught.value.fault.where == f"{tmp_path}/file/home"
    assert sandbox.status(tmp_path / "file" / "home").state == "stopped"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"base": 1, "sockets": 2, "programs": 3}'])
def test_a_damaged_record_is_named_and_nothing_is_touched(tmp_path: Path, text: str) -> None:
    record = tmp_path / "sandbox.json"
    record.write_text(text)
    for act in (sandbox.stop, sandbox.status, sandbox.url):
        with pytest.raises(CpctlError, match="not a sandbox's record") as caught:
            act(tmp_path)
        assert caught.value.fault.where == str(record)
    assert record.read_text() == text


def test_another_users_sandbox_is_left_alone() -> None:
    assert os.geteuid() == 0, "make test runs as root, since it starts servers"
    theirs = Caller("nobody")
    started = theirs("start", PATH)
    with pytest.raises(CpctlError, match="another user's"):
        sandbox.stop(theirs.home)
    assert theirs("status") == ["running", started]
    theirs.remove()
