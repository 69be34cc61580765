-- Only runid has an index: the newest runs are looked at, not all of them.
with recent as (
    select command, start_time
    from cron.job_run_details
    where runid > (select max(runid) - 100000 from cron.job_run_details) and jobid = $1
), old as (
    select max(start_time) as last from recent where command = $2
)
select to_char(old.last at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(min(recent.start_time) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from old left join recent on recent.command = $3 and recent.start_time > old.last
where old.last is not null
group by old.last
