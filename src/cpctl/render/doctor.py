"""What the doctor found, for people and for programs: each finding, and how much was looked at."""

from __future__ import annotations

from collections.abc import Iterator

from cpctl import __version__
from cpctl.core.diagnosis import Checked, Diagnosis, Report
from cpctl.render.doctor_shapes import CheckShape, DiagnosisShape, DoctorShape
from cpctl.render.parts.escape import escaped
from cpctl.render.parts.sentences import count
from cpctl.render.shapes import FORMAT_VERSION

PLACE = 92
"""The column at which the place in the file stands, where there is room for it."""

_INDENT = " " * 12
_SIGNS = {"fail": "FAIL", "warn": "warn"}


def doctor_text(report: Report) -> str:
    """Each finding with why and remedy; then what was not seen, and the count of checks."""
    lines = [_header(report)]
    for check in report.checks:
        for diagnosis in check.found:
            lines += _lines(diagnosis)
        lines += [f"skip  {check.code}  {escaped(why)}" for why in check.unknown]
    return "\n".join([*lines, _count(report)])


def _header(report: Report) -> str:
    target = report.target
    facts = [f"PostgreSQL {target.server_version}", f"pg_cron {target.pg_cron_version or 'none'}"]
    facts += [] if report.superuser else ["not a superuser"]
    return escaped(f"{report.name} -> {target.where} ({', '.join(facts)})")


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    first = f"{_SIGNS[diagnosis.level]}  {diagnosis.code}  {escaped(diagnosis.said)}"
    yield f"{first:<{PLACE}}  {escaped(diagnosis.place)}".rstrip() if diagnosis.place else first
    if diagnosis.why:
        yield f"{_INDENT}{escaped(diagnosis.why)}"
    if diagnosis.remedy:
        yield f"{_INDENT}Remedy: {escaped(diagnosis.remedy)}"


def _count(report: Report) -> str:
    """The last line, as in `14 checks: 11 good, 2 warnings, 1 failure`.

    One check may find several things: then it says how many there are on the screen.
    """
    results = [check.result for check in report.checks]
    findings = sum(len(check.found) for check in report.checks)
    more = results.count("warn") + results.count("fail") < findings
    told = f" ({count(findings, 'finding')})" if more else ""
    parts = [f"{results.count('good')} good"]
    for result, noun in (("warn", "warning"), ("fail", "failure")):
        if number := results.count(result):  # type: ignore[arg-type]
            parts.append(count(number, noun))
    if number := results.count("unknown"):
        parts.append(f"{number} not seen")
    return f"{count(len(results), 'check')}: {', '.join(parts)}{told}."


def doctor_json(report: Report) -> DoctorShape:
    """The same for programs, with the checks that found nothing."""
    target, results = report.target, [check.result for check in report.checks]
    return {
        "format_version": FORMAT_VERSION,
        "cpctl_version": __version__,
        "as_of": report.as_of,
        "target": {
            "system_identifier": target.system_identifier,
            "host": target.host,
            "database": target.database,
            "server_version": target.server_version,
            "pg_cron_version": target.pg_cron_version,
            "role": target.role,
        },
        "checks": [_check(check) for check in report.checks],
        "findings": [_diagnosis(it) for check in report.checks for it in check.found],
        "summary": {
            "checks": len(results),
            "good": results.count("good"),
            "warnings": results.count("warn"),
            "failures": results.count("fail"),
            "unknown": results.count("unknown"),
        },
    }


def _check(check: Checked) -> CheckShape:
    return {
        "code": check.code,
        "asks": check.asks,
        "result": check.result,
        "unknown": list(check.unknown),
    }


def _diagnosis(diagnosis: Diagnosis) -> DiagnosisShape:
    return {
        "code": diagnosis.code,
        "level": diagnosis.level,
        "what": diagnosis.said,
        "address": str(diagnosis.address) if diagnosis.address else None,
        "place": diagnosis.place or None,
        "why": diagnosis.why,
        "remedy": diagnosis.remedy,
    }
