-- How each job ran, of the runs after $1: only runid has an index. A row for its last run, for the
-- last that is over, that failed, and that succeeded; and how many were over, and failed, since $2.
with seen as (
    select jobid, max(runid) as last,
        max(runid) filter (where status in ('succeeded', 'failed')) as outcome,
        max(runid) filter (where status = 'failed') as failure,
        max(runid) filter (where status = 'succeeded') as success,
        count(*) filter (where status in ('succeeded', 'failed') and began > $2::timestamptz)
            as finished,
        count(*) filter (where status = 'failed' and began > $2::timestamptz) as failed
    from (
        select jobid, runid, status, coalesce(start_time, end_time) as began
        from cron.job_run_details
        where runid > $1::bigint
    ) as runs
    group by jobid
)
select s.jobid, r.status, left(r.return_message, 2000),
    to_char(coalesce(r.start_time, r.end_time) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    r.runid = s.last, r.runid = s.outcome, r.runid = s.failure, r.runid = s.success,
    s.finished, s.failed
from seen as s
join cron.job_run_details as r on r.runid in (s.last, s.outcome, s.failure, s.success)
