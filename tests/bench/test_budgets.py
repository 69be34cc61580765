"""Budgets as ratios: whole processes against the bare interpreter, all in one run on one machine.

Each figure is the median of interleaved runs, so that a slow moment hits all of them alike.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import psycopg
import pytest

from ground import Cluster, provide

HERE = Path(__file__).parent
RUNS = 11
PLAN_BUDGETS = {1_000: 25, 10_000: 50, 100_000: 300}
"""Times the bare interpreter's start, for a plan that is in sync."""
APPLY_BUDGET = 2.5
"""Times the process that makes the same jobs by one statement."""
WRITE_BUDGET = 1.15
"""Times one statement over unnest, in one session."""
MEMORY_BUDGETS = {"plan": 90, "apply": 130}
"""MB at the most, for 10,000 jobs."""


@pytest.fixture(scope="session")
def url() -> str:
    cluster = Cluster("17", "bench")
    provide(cluster.release)
    cluster.fresh()
    return cluster.url()


@pytest.fixture(autouse=True)
def _empty(url: str) -> None:
    _empty_now(url)


def _file(folder: Path, count: int) -> Path:
    path = folder / "scheduler.yaml"
    with path.open("w", encoding="utf-8") as file:
        file.write("version: 1\nname: bench\nscope:\n  jobs: [bench_*]\njobs:\n")
        for n in range(count):
            file.write(f'  bench_{n:06d}:\n    schedule: "{n % 60} {n % 24} * * *"\n')
            file.write(f"    command: SELECT bench_run({n});\n")
    return path


def _cpctl(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cpctl", *arguments]


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def _medians(*commands: Sequence[str], runs: int = RUNS) -> list[float]:
    """The median seconds of each command, the commands taking turns."""
    timings: list[list[float]] = [[] for _ in commands]
    for _ in range(runs):
        for command, timing in zip(commands, timings, strict=True):
            timing.append(_seconds(command))
    return [median(timing) for timing in timings]


def _peak_mb(command: Sequence[str]) -> float:
    """Peak memory of one command, told by its own rusage."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
        "stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], check=True, capture_output=True, text=True
    )
    return int(done.stdout) / 1024


def _report(say: Callable[[str], None], what: str, ratio: float, budget: float, unit: str) -> None:
    say(f"{what:<44}{ratio:8.2f} {unit:<14}{f' budget {budget:g}' if budget else ''}")


@pytest.mark.parametrize("count", PLAN_BUDGETS)
def test_plan(count: int, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path, count)
    target = ("-f", str(path), "--database-url", url)
    subprocess.run(
        _cpctl("apply", "--auto-approve", "--quiet", *target), check=True, capture_output=True
    )
    bare, reference, plan = _medians(
        [sys.executable, "-c", "pass"],
        [sys.executable, str(HERE / "reference.py"), str(path), url],
        _cpctl("plan", "--quiet", *target),
        runs=RUNS if count < 100_000 else 3,
    )
    with capsys.disabled():
        budget = PLAN_BUDGETS[count]
        print()
        _report(print, f"plan, in sync, {count:,} jobs", plan / bare, budget, "x bare python")
        _report(print, "  the same against reference.py", plan / reference, 0, "x reference")
        milliseconds = [f"{seconds * 1000:.0f} ms" for seconds in (bare, reference, plan)]
        print(f"  bare, reference, plan: {', '.join(milliseconds)}")
    assert plan / bare <= budget


def test_apply(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path, 10_000)
    apply = _cpctl("apply", "--auto-approve", "--quiet", "-f", str(path), "--database-url", url)
    unnest = [sys.executable, str(HERE / "unnest.py"), "10000", url]
    timings: dict[str, list[float]] = {"apply": [], "unnest": []}
    for _ in range(3):
        for name, command in (("unnest", unnest), ("apply", apply)):
            _empty_now(url)
            timings[name].append(_seconds(command))
    ratio = median(timings["apply"]) / median(timings["unnest"])
    with capsys.disabled():
        print()
        _report(print, "apply, 10,000 new jobs", ratio, APPLY_BUDGET, "x one statement")
    assert ratio <= APPLY_BUDGET


def _empty_now(url: str) -> None:
    """No job, and no ledger that remembers any: jobs that it knows are not new but missing."""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("select cron.unschedule(jobid) from cron.job")
        admin.execute("vacuum full cron.job")
        admin.execute("drop schema if exists cpctl cascade")


def test_memory(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = ("-f", str(_file(tmp_path, 10_000)), "--database-url", url)
    peaks = {
        "apply": _peak_mb(_cpctl("apply", "--auto-approve", "--quiet", *target)),
        "plan": _peak_mb(_cpctl("plan", "--quiet", *target)),
    }
    with capsys.disabled():
        print()
        for command, peak in peaks.items():
            _report(print, f"{command}, 10,000 jobs", peak, MEMORY_BUDGETS[command], "MB")
    assert all(peak <= MEMORY_BUDGETS[command] for command, peak in peaks.items())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    typer, version = _medians([sys.executable, "-c", "import typer"], _cpctl("--version"))
    with capsys.disabled():
        print()
        _report(print, "--version", version / typer, 2, "x import typer")
    assert version <= 2 * typer


def test_write_phase(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    script = [sys.executable, str(HERE / "write_phase.py"), "10000", url]
    done = subprocess.run(script, check=True, capture_output=True, text=True)
    batch, statement = map(float, done.stdout.split())
    with capsys.disabled():
        print()
        _report(print, "write phase, 10,000 new jobs", batch / statement, WRITE_BUDGET, "x unnest")
    assert batch / statement <= WRITE_BUDGET
