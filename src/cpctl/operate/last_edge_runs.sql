-- The same of the runtime's own table, by function and job; a run that nobody's job began counts
-- for every job that calls its function.
with seen as (
    select function, job_id, max(id) as last,
        max(id) filter (where status <> 'running') as outcome,
        max(id) filter (where status = 'succeeded') as success,
        count(*) filter (where status <> 'running' and started_at > $2::timestamptz) as finished,
        count(*) filter (where status = 'failed' and started_at > $2::timestamptz) as failed
    from (
        select id, metadata ->> 'function' as function, job_id, status, started_at
        from {schema}.job_runs
        where id > $1::bigint
    ) as runs
    where function is not null
    group by function, job_id
)
select s.function, s.job_id, r.status, left(r.error_message, 2000),
    to_char(r.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    r.id = s.last, coalesce(r.id = s.outcome, false), coalesce(r.id = s.success, false),
    s.finished, s.failed
from seen as s
join {schema}.job_runs as r on r.id in (s.last, s.outcome, s.success)
