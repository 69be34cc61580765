-- The same as runs.sql says, of the runs of edge functions: pg_cron calls HTTP 500 a success.
with recent as materialized (
    select f.name, r.id, r.status, r.error_message, r.started_at
    from unnest($1::text[]) as f(name)
    cross join lateral (
        select h.id, h.status, h.error_message, h.started_at
        from {schema}.job_runs h
        where h.metadata ->> 'function' = f.name and h.status <> 'running'
        order by h.started_at desc
        limit 100
    ) as r
), good as (
    select name, max(started_at) as at from recent where status = 'succeeded' group by name
)
select r.name, count(*), to_char(min(r.started_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       (array_agg(r.error_message order by r.started_at desc))[1], bool_or(g.at is not null)
from recent r left join good g using (name)
where r.started_at > coalesce(g.at, '-infinity')
group by r.name
