-- Runs that do not get anywhere: pg_cron has begun a later one of the same job, or other runs began
-- after them, five minutes ago and more. Such a row has no time of its own.
with recent as materialized (
    select jobid, runid, status, start_time
    from cron.job_run_details
    where runid > (select max(runid) - 10000 from cron.job_run_details)
), latest as (
    select jobid, max(runid) as runid from recent group by jobid
), old as (
    select max(runid) as runid from recent where start_time < now() - interval '5 minutes'
)
select r.jobid, r.runid, r.status, r.runid < l.runid
from recent r join latest l using (jobid) cross join old o
where r.status in ('connecting', 'sending') and (r.runid < l.runid or r.runid < o.runid)
order by r.runid
