-- The newest runs after $1 of these jobs: of the first all, of the others those that failed.
select runid, jobid, status, left(return_message, 2000), job_pid,
    to_char(coalesce(start_time, end_time) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    to_char(end_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    round(extract(epoch from end_time - start_time) * 1000)::bigint
from cron.job_run_details
where runid > $1::bigint
    and (jobid = any ($2::bigint[]) or (jobid = any ($3::bigint[]) and status = 'failed'))
    and (not $4::boolean or status = 'failed')
    and ($5::timestamptz is null or coalesce(start_time, end_time) >= $5::timestamptz)
order by runid desc
limit $6::int
