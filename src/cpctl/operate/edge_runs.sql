-- The newest runs after $1 of these functions that these jobs began, or nobody's job.
select id, job_id, status, left(error_message, 2000), http_status, error_code,
    metadata ->> 'function', metadata ->> 'trigger_type',
    coalesce(case when metadata ->> 'attempt' ~ '^[0-9]{1,4}$'
                  then (metadata ->> 'attempt')::int end, 0) + 1,
    to_char(started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    to_char(completed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    processing_time_ms
from {schema}.job_runs
where id > $1::bigint
    and metadata ->> 'function' = any ($2::text[])
    and (job_id is null or job_id = any ($3::bigint[]))
    and (not $4::boolean or status = 'failed')
    and ($5::timestamptz is null or started_at >= $5::timestamptz)
order by id desc
limit $6::int
