"""`edge_functions:` as a file says them: what they become, and what is wrong with them, where."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cpctl.core.text import Source
from cpctl.document import Document, load
from cpctl.document.packs import pack
from cpctl.errors import InputError

HEAD = "version: 1\nname: my-pipeline\n"
URLS = 'urls: {sweeper: "https://x.example/s", monitor: "https://x.example/m"}\n'
SECRETS = "secrets: {k: {from: 'env:K'}}\n"
RUNTIME = "runtime: {transport: http}\n"
JOBS = 'jobs:\n  a: {schedule: "* * * * *", command: SELECT trigger_sweeper();}\n'
FILE = HEAD + URLS + SECRETS + RUNTIME + "edge_functions: {sweeper: {}}\n" + JOBS


def read(text: str) -> Document:
    return load([Source("scheduler.yaml", text)], {"K": "v"})


def faults(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


def function(document: Document, name: str) -> Any:
    (found,) = [f for key, f in document.entries["functions"].items() if key == name]
    return found


def test_what_they_become() -> None:
    made = read(FILE).entries
    assert set(made["extensions"]) == {"http"}
    assert {name.removeprefix("public.") for name in made["tables"]} == set(
        pack("edge_functions")["tables"]
    )
    assert set(made["jobs"]) == {"a", "my_pipeline_recovery"}
    assert "public.trigger_sweeper()" in made["functions"]
    for spec in made["functions"].values():
        assert not re.search(r"@(?!extschema:http@)[a-z_]+@", spec.body), spec.name
        assert spec.config[0] == "search_path=pg_catalog, pg_temp"


def test_nothing_without_functions() -> None:
    made = read(HEAD + RUNTIME + JOBS).entries
    assert not made["functions"]
    assert not made["tables"]
    assert not made["extensions"]
    assert set(made["jobs"]) == {"a"}


def test_what_the_file_declares_itself_is_not_declared_twice() -> None:
    made = read(FILE + "extensions: {http: {schema: web}}\n").entries
    assert made["extensions"]["http"].in_schema == "web"  # type: ignore[index]
    assert {spec.requires["http"] for spec in made["functions"].values()} == {"web"}


def test_another_schema_retention_and_readers() -> None:
    runtime = "runtime: {transport: pg_net, schema: Pipe, retention: 7d, readers: [grafana]}\n"
    made = read(FILE.replace(RUNTIME, runtime)).entries
    assert set(made["jobs"]) == {"a", "my_pipeline_recovery", "my_pipeline_retention"}
    retention = made["jobs"]["my_pipeline_retention"]  # type: ignore[index]
    assert retention.command == "SELECT \"Pipe\".remove_old_runs('7 days'::interval);"
    runs = made["tables"]['"Pipe".job_runs']  # type: ignore[index]
    assert runs.grants == {"grafana": ("SELECT",)}
    assert runs.policies["readers"].roles == ("grafana",)
    health = made["functions"]['"Pipe".get_scheduler_health()']  # type: ignore[index]
    assert health.execute == ("grafana",)
    trigger = made["functions"]['"Pipe".trigger_sweeper()']  # type: ignore[index]
    assert trigger.execute == ()


@pytest.mark.parametrize(
    ("store", "sql", "label"),
    [
        ("system", "current_setting('app.sweeper_url', true)", "setting app.sweeper_url"),
        ("database", "current_setting('app.sweeper_url', true)", "setting app.sweeper_url"),
        ("table", "cpctl.secret('sweeper_url')", "secret sweeper_url in cpctl.secrets"),
        (
            "vault",
            "(SELECT decrypted_secret FROM vault.decrypted_secrets WHERE name = 'sweeper_url')",
            "secret sweeper_url in Vault",
        ),
    ],
)
def test_the_url_is_read_from_its_store(store: str, sql: str, label: str) -> None:
    body = function(read(FILE + f"store: {store}\n"), "public.target_sweeper()").body
    assert sql in body
    assert f"'{label}'" in body
    own = "urls: {sweeper: {url: 'https://x.example/s', to: " + store + "}}\n"
    assert sql in function(read(FILE.replace(URLS, own)), "public.target_sweeper()").body


def test_what_each_says_of_itself() -> None:
    said = "sweeper: {timeout: 1500ms, retries: 0, log: none, url: monitor, key: none}}\n"
    document = read(FILE.replace("sweeper: {}}\n", said))
    assert (
        "trigger_sweeper', 'setting app.monitor_url', 1500, 0, NULL)"
        in function(document, "public.edge_functions()").body
    )
    assert "service_role" not in function(document, "public.target_sweeper()").body


def test_the_jobs_are_those_of_the_scope_or_else_of_the_file() -> None:
    jobs = function(read(FILE), "public.scheduler_jobs()").body
    assert "j.jobname = ANY (ARRAY['a']::text[])" in jobs
    scoped = read(FILE + "scope: {jobs: [a, 'my_*', '!my_own']}\n")
    jobs = function(scoped, "public.scheduler_jobs()").body
    assert "j.jobname ~ '^(?:a|my_.*)$' AND j.jobname !~ '^(?:my_own)$'" in jobs


SWEEPER = "edge_functions: {sweeper: {}}\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (RUNTIME, "", "5:18: edge functions are called by an extension"),
        (RUNTIME, "runtime: {}\n", "needs `transport`"),
        (RUNTIME, "runtime: {transport: curl}\n", "5:22"),
        (RUNTIME, "runtime: {transport: http, retention: soon}\n", "is no number of days"),
        (RUNTIME, "runtime: {transport: http, backoff: 1}\n", "is no time between"),
        ("sweeper: {}}", "swiper: {}}", "`swiper` is not in urls. Remedy: did you mean sweeper?"),
        ("sweeper: {}}", "x: {url: monitr}}", "6:27: `monitr` is not in urls. Remedy: did"),
        ("sweeper: {}}", "sweeper: {key: j}}", "`j` is not in secrets. Remedy: one of k"),
        ("sweeper: {}}", "sweeper: {log: logs}}", "`logs` is not in the tables of logs"),
        ("sweeper: {}}", "sweeper: {log: job_runs}}", "`job_runs` is not in the tables of logs"),
        ("sweeper: {}}", f"{'x' * 56}: {{}}}}", f"trigger_{'x' * 56} is over 63 bytes"),
        (RUNTIME, 'runtime: {transport: http, recovery: "99 * * * *"}\n', '5:38: "99 * * * *"'),
        ("sweeper: {}}", "sweeper: {timeout: 20m}}", "is no time between 100ms and 10m"),
        ("sweeper: {}}", "sweeper: {retries: 11}}", "6:37"),
        ("sweeper: {}}", "sweeper: {retry: 1}}", "did you mean `retries`?"),
        ("sweeper: {}}", "9x: {}}", "no name for one of edge_functions"),
        (SECRETS, "", "the file has no secrets"),
        (SECRETS, "secrets: {k: {from: 'env:K'}, l: {from: 'env:K'}}\n", "the file has 2 secrets"),
        (JOBS, JOBS + "scope: {jobs: [a]}\n", "leaves out the runtime's job my_pipeline_recovery"),
        (RUNTIME, RUNTIME.replace("runtime", "runtme"), "did you mean `runtime`?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(old: str, new: str, said: str) -> None:
    found = faults(FILE.replace(old, new))
    assert any(said in fault for fault in found), found


def test_a_runtime_that_is_wrong_is_not_also_missing() -> None:
    assert len(faults(FILE.replace(RUNTIME, "runtime: {}\n"))) == 1
