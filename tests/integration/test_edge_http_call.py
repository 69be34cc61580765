"""How long a call by the http extension holds its backend, and what it does to key and session."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.edge_server import EdgeServer, answer, deaf, echo, self_signed, trickle, trusting
from tests.integration.edges import bundle, trigger, watched
from tests.integration.pack_by_hand import KEY, Edge, Runtime, installed
from tests.integration.running import until
from tests.servers import Database

pytestmark = [
    pytest.mark.parametrize("cluster", ["17"], indirect=True),
    pytest.mark.usefixtures("runtime"),
]


def test_tls(database: Database, tmp_path: Path) -> None:
    own, other = (self_signed(tmp_path, name) for name in ("own", "other"))
    with EdgeServer(own) as tls:
        tls.behaviours["/f"] = answer(200, {"over": "tls"})
        with trusting(bundle(database), other):
            run = trigger(database, tls.url("/f?x=pw"))
            assert (run["status"], run["error_code"]) == ("failed", "tls")
            assert "SSL certificate problem: self-signed" in run["error_message"]
            run = trigger(database, tls.url("/f").replace("https", "http"))
            assert (run["status"], run["error_code"]) == ("failed", "reset")
        assert tls.seen == []
        with trusting(bundle(database), own):
            assert trigger(database, tls.url("/f"))["response"] == {"over": "tls"}
        assert [seen.bearer for seen in tls.seen] == [f"Bearer {KEY}"]


def test_a_slow_handshake_has_the_whole_timeout(database: Database, tmp_path: Path) -> None:
    """The extension's own limit for connecting is one second."""
    certificate = self_signed(tmp_path)
    patient = Runtime("http", {"job": Edge(timeout_ms=4000)}, schema="patient")
    with EdgeServer(certificate, 1.3) as tls, trusting(bundle(database), certificate):
        tls.behaviours["/f"] = answer(200)
        with installed(database.admin, patient):
            database.run(f"set app.job_url = '{tls.url('/f')}'")
            database.run(f"set app.service_role_key = '{KEY}'")
            ((said,),) = database.rows("select patient.trigger_job()")
    assert (said["status"], said["error"]) == ("succeeded", None)


def test_the_key_stays_with_its_origin(database: Database, edge: EdgeServer) -> None:
    """The extension follows; then no answer is taken, and no other origin is shown the key."""
    with ExitStack() as stack:
        other = stack.enter_context(EdgeServer())
        other.behaviours["/g"] = answer(200, {"stolen": True})
        for status in (301, 302, 303, 307, 308):
            to = other.url("/g?state=s3cr3t")
            edge.behaviours["/f"] = answer(status, "", None, Location=to)
            run = trigger(database, edge.url("/f"))
            assert (run["status"], run["error_code"]) == ("failed", "redirect")
            assert other.url("/g") in run["error_message"]
            assert "s3cr3t" not in run["error_message"]
            assert run["response"] is None
        assert len(other.seen) == 5
        assert {seen.bearer for seen in other.seen} == {None}
        assert {seen.bearer for seen in edge.seen} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("how", ["silent", "trickle", "no handshake", "no accept"])
def test_the_backend_is_free_after_the_timeout(
    database: Database, edge: EdgeServer, how: str, tmp_path: Path
) -> None:
    edge.behaviours["/silent"] = answer(200, after=6)
    edge.behaviours["/trickle"] = trickle(6)
    with ExitStack() as stack:
        url = edge.url(f"/{how}")
        if how.startswith("no"):
            port = stack.enter_context(deaf(accepting=how == "no handshake"))
            stack.enter_context(trusting(bundle(database), self_signed(tmp_path)))
            url = f"https://127.0.0.1:{port}/"
        held = stack.enter_context(watched(database))
        run = trigger(database, url)
    print(f"{how}: held {max(held):.3f} s with a timeout of 1 s")
    assert (run["status"], run["error_code"]) == ("failed", "timeout")
    assert 0.8 < max(held) <= 2.0


def test_no_key_in_the_servers_log(database: Database, edge: EdgeServer) -> None:
    """Every statement is logged here, a failing and a cancelled one with its context too."""
    edge.behaviours["/f"] = echo
    edge.behaviours["/slow"] = answer(200, after=2)
    runtime = Runtime("http", {"job": Edge(key="(select v from kept.keys)")}, schema="kept")
    with installed(database.admin, runtime):
        database.run("create table kept.keys (v text)")
        with database.admin.cursor() as cursor, cursor.copy("copy kept.keys from stdin") as copy:
            copy.write(KEY)
        since = database.log_position()
        for path in ("/f", "/none", "/slow"):
            database.run(f"set app.job_url = '{edge.url(path)}'")
            database.run("select kept.trigger_job()")
        database.run("set statement_timeout = 200")
        with pytest.raises(psycopg.errors.QueryCanceled):
            database.run("select kept.trigger_job()")
        database.run("set statement_timeout = 0")
        assert [seen.bearer for seen in edge.seen] == [f"Bearer {KEY}"] * 4
        assert "call_edge_function" in database.log_text(since)
        assert KEY not in database.log_text(since)
        assert KEY not in repr(database.rows("select * from kept.job_runs"))


def test_another_owner_and_another_schema_of_the_extension(
    database: Database, edge: EdgeServer
) -> None:
    edge.behaviours["/f"] = answer(200)
    owner = database.new_role("worker", "USAGE ON SCHEMA cron")
    functions = {"job": Edge(url=f"'{edge.url('/f')}'", key=None)}
    runtime = Runtime("http", functions, schema="theirs", owner=owner, http_schema="the web")
    database.run('create schema "the web"')
    try:
        database.run("drop extension http")  # which does not support SET SCHEMA
        database.run('create extension http schema "the web"')
        database.run('grant usage on schema "the web" to worker')
        with installed(database.admin, runtime), psycopg.connect(database.url(owner)) as session:
            ((said,),) = session.execute("select theirs.trigger_job()").fetchall()
            assert said["status"] == "succeeded"
    finally:
        database.run('drop schema "the web" cascade')
        database.run("create extension if not exists http schema public")


def test_options_of_the_session_neither_leak_in_nor_out(
    database: Database, edge: EdgeServer
) -> None:
    edge.behaviours["/f"] = answer(200, after=0.3)
    edge.behaviours["/slow"] = answer(200, after=3)
    options = "select curlopt, value from http_list_curlopt() order by 1"
    with psycopg.connect(database.url(), autocommit=True) as session:
        session.execute("select http_set_curlopt('CURLOPT_TIMEOUT_MS', '100')")
        session.execute("select http_set_curlopt('CURLOPT_PROXY', 'http://127.0.0.1:1')")
        session.execute("set http.timeout_msec = 50")
        session.execute("select set_config('app.service_role_key', %s, false)", (KEY,))
        before = session.execute(options).fetchall()
        for path, status in (("/f", "succeeded"), ("/slow", "failed")):
            session.execute("select set_config('app.job_url', %s, false)", (edge.url(path),))
            with session.transaction():
                ((said,),) = session.execute("select pipeline.trigger_job()").fetchall()
                assert said["status"] == status
                assert session.execute(options).fetchall() == before
                assert session.execute("show http.timeout_msec").fetchall() == [("50ms",)]
        session.execute("set statement_timeout = 200")
        with pytest.raises(psycopg.errors.QueryCanceled):
            session.execute("select pipeline.trigger_job()")
        session.execute("set statement_timeout = 0")
        assert session.execute(options).fetchall() == before
        assert session.execute("show http.timeout_msec").fetchall() == [("50ms",)]
    until(lambda: len(edge.seen) == 3, "all three requests")
