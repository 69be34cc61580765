from __future__ import annotations

import re

from cpctl.core.change import Create, Delete
from cpctl.core.finding import Finding
from cpctl.core.resource import Address, Sealed
from cpctl.core.statement import Statement
from cpctl.render.markdown import drift_markdown, plan_markdown
from cpctl.render.parts.markup import code, fenced
from tests.unit.render.plans import WHY, changed, hazard, job, plan, setting

MAIN = changed(job("content_pipeline_main", "*/5 * * * *"), schedule="*/10 * * * *")
GONE = Delete(job("content_pipeline_sweeper", "*/15 * * * *"), WHY)


def test_the_comment_of_a_pull_request() -> None:
    statements = (Statement("SELECT 1", (), MAIN.address), Statement("SELECT 2", (), GONE.address))
    made = plan(MAIN, GONE, statements=statements)
    assert (
        plan_markdown(made, "production")
        == """\
<!-- cpctl:content-pipeline:production -->
### cpctl plan, `production`: 1 to update, **1 to delete**
> [!WARNING]
> **Deletes** `content_pipeline_sweeper` (every 15 minutes).

|    | resource | now | after |
|---|---|---|---|
| ~ | `job.content_pipeline_main` | every 5 minutes (288 a day) | every 10 minutes (144 a day) |
| - | `job.content_pipeline_sweeper` | every 15 minutes (96 a day)<br>`command` `"SELECT 1;"` \
| deleted |

<details><summary>SQL, 2 statements</summary>

```sql
SELECT 1;
SELECT 2;
```

</details>

`deploy@db.internal:5432/postgres`, state of 23 Nov 13:37 GMT. \
Applied only if nothing changes there before the merge."""
    )


def test_no_changes_is_one_line_and_the_state() -> None:
    assert (
        plan_markdown(plan(unchanged=1))
        == """\
<!-- cpctl:content-pipeline -->
### cpctl plan: no changes

`deploy@db.internal:5432/postgres`, state of 23 Nov 13:37 GMT."""
    )


def test_another_zone_than_gmt_is_said() -> None:
    assert "state of 3 Jul 01:02 +0200." in plan_markdown(plan(as_of="2026-07-03T01:02:03+02:00"))


def test_remarks() -> None:
    made = plan(
        MAIN,
        GONE,
        hazards=hazard(GONE, "DELETES_JOB"),
        notes=(
            Finding("PAUSED", "is paused.", Address("job", "health")),
            Finding("X", "is odd.", Address("job", "health")),
        ),
        refusals=(Finding("STANDBY", "it is a standby", None, "connect to the primary"),),
        unmanaged=(Address("job", "theirs"),),
        incomplete=(Address("setting", "app.key"),),
    )
    text = plan_markdown(made)
    assert (
        """
> [!CAUTION]
> **Refused**: an apply would write nothing.
> - `STANDBY: it is a standby. Remedy: connect to the primary`

> [!WARNING]"""
        in text
    )
    assert (
        """
- `job.content_pipeline_sweeper`: `DELETES_JOB`
- `1 secret was not compared, for want of a value: setting.app.key.`
- `job.health is paused.`
- `job.health is odd.`
- Unmanaged: 1 job
"""
        in text
    )


def test_a_changed_text_is_a_diff_and_its_cell_a_count() -> None:
    text = plan_markdown(plan(changed(job("x", command="a\n```\nb\n"), command="a\n```\nc\n")))
    assert "| `command` 3 lines | `command` 3 lines |" in text
    assert (
        """
<details><summary>Changed texts</summary>

`job.x` `command`

````diff
@@ -1,3 +1,3 @@
 a
 ```
-b
+c
````
"""
        in text
    )


def test_secrets_are_not_shown() -> None:
    key = setting("app.key", Sealed("one"), "env:KEY")
    text = plan_markdown(plan(changed(key, value=Sealed("two")), Delete(job("x"), WHY)))
    assert "| `value` (sensitive) | `value` (sensitive) |" in text
    gone = plan_markdown(plan(Delete(key, WHY)))
    assert "**Deletes** `app.key` (`(sensitive)`)" in gone
    plain = plan_markdown(plan(changed(setting("app.key", "was-plain"), value=Sealed("two"))))
    assert "was-plain" not in plain


def test_many_deletes_are_counted() -> None:
    text = plan_markdown(plan(*(Delete(job(f"j{n:02}"), WHY) for n in range(13))))
    warning = text.split("\n")[3]
    assert warning.count("`j") == 10
    assert warning.endswith(" and 3 more.")


def test_a_code_span_holds_anything() -> None:
    assert code("a b") == "`a b`"
    assert code("@someone #1 <b> [x](y) *z*") == "`@someone #1 <b> [x](y) *z*`"
    assert code("a`b") == "<code>a&#96;b</code>"
    assert code("a|b") == "<code>a&#124;b</code>"
    assert code("a\\|b") == "<code>a&#92;&#124;b</code>"
    assert code(" <b>@x") == "<code> &#60;b&#62;&#64;x</code>"
    assert code("") == "<code></code>"
    assert code("  ") == "<code>&#32;&#32;</code>"
    assert code("a\n\x1b\u202e").replace("&#92;", "\\") == "<code>a\\n\\u001b\\u202e</code>"
    assert code("x" * 300) == f"`{'x' * 200}…`"


def test_a_fence_is_longer_than_any_in_its_body() -> None:
    assert fenced("sql", "a") == "```sql\na\n```\n"
    assert fenced("sql", "```\n````") == "`````sql\n```\n````\n`````\n"
    assert "\x1b" not in fenced("sql", "\x1b\n\x1b")


def test_the_marker_is_one_comment_whatever_the_name() -> None:
    for name in ("a-->b", "a--!>b", "a\nb", "-->", "<!--"):
        first = plan_markdown(plan(name=name), name).split("\n")[0]
        assert re.fullmatch(r"<!-- cpctl:[^<>]* -->", first)
        assert "--" not in first[4:-3]


def test_too_much_sql_is_left_out_first() -> None:
    long = tuple(Statement("SELECT $1", ("x" * 1000,), MAIN.address) for _ in range(100))
    text = plan_markdown(plan(MAIN, statements=long))
    assert len(text) < 65_536
    assert "The SQL is too long for a comment: `cpctl plan --format sql` has it." in text
    assert "| `job.content_pipeline_main` |" in text


def test_then_rows_are_left_out_and_counted() -> None:
    made = plan(*(Create(job(f"job_{n:05}")) for n in range(2_000)))
    text = plan_markdown(made)
    shown = text.count("\n| + |")
    assert 60_000 < len(text) < 65_536
    assert f"\n… and {2_000 - shown} more, left out because a comment has a limit.\n" in text
    assert "2000 to create" in text


def test_changed_texts_are_left_out_before_rows() -> None:
    long = "\n".join(f"line {n} {'x' * 80}" for n in range(1_000))
    text = plan_markdown(plan(changed(job("x", command=long), command=long.replace("line", "row"))))
    assert len(text) < 65_536
    assert "Changed texts" not in text
    assert "| `job.x` |" in text


def test_long_lists_of_remarks_are_counted() -> None:
    notes = tuple(Finding("X", "is odd.", Address("job", f"{n}")) for n in range(30))
    text = plan_markdown(plan(notes=notes))
    assert text.count("is odd.") == 20
    assert "\n- … and 10 more\n" in text


def test_drift_as_a_comment() -> None:
    made = plan(
        changed(job("main"), schedule="*/5 * * * *"), Create(job("new")), Delete(job("old"), WHY)
    )
    whole = 'every minute (1 440 a day)<br>`command` `"SELECT 1;"`'
    assert (
        drift_markdown(made, "production")
        == f"""\
<!-- cpctl:content-pipeline:production:drift -->
### cpctl diff, `production`: 1 drifted, 1 missing, 1 extra

|    | resource | file | database |
|---|---|---|---|
| drifted | `job.main` | every 5 minutes (288 a day) | every minute (1 440 a day) |
| missing | `job.new` | {whole} |  |
| extra | `job.old` |  | {whole} |

`deploy@db.internal:5432/postgres`, state of 23 Nov 13:37 GMT."""
    )


def test_no_drift_as_a_comment() -> None:
    assert drift_markdown(plan(unchanged=13)).split("\n")[:2] == [
        "<!-- cpctl:content-pipeline:drift -->",
        "### cpctl diff: no drift, 13 resources match",
    ]
