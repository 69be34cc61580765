-- Each job's last run among the last thousand. Only runid has an index; a known first one makes the
-- planner use it, also under row security, where a LIMIT would look for rows of this role for ever.
select distinct on (jobid) jobid, status, job_pid,
       to_char(start_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
from cron.job_run_details
where runid > $1::bigint
order by jobid, runid desc
