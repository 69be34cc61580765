-- Of each job whose last run failed: how many in a row, since when, and what the last one said. The
-- newest ten thousand runs are looked at; a run that somebody or a restart ended tells nothing.
with recent as materialized (
    select jobid, runid, status, return_message, coalesce(start_time, end_time) as began
    from cron.job_run_details
    where runid > (select max(runid) - 10000 from cron.job_run_details)
      and status in ('succeeded', 'failed')
      and coalesce(return_message, '') not in ('job canceled', 'server restarted')
), good as (
    select jobid, max(runid) as runid from recent where status = 'succeeded' group by jobid
)
select r.jobid, count(*), to_char(min(r.began) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       (array_agg(r.return_message order by r.runid desc))[1], bool_or(g.runid is not null)
from recent r left join good g using (jobid)
where r.runid > coalesce(g.runid, 0)
group by r.jobid
