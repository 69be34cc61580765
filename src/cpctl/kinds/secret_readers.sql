-- Which functions name a secret in quotes, and which jobs call them or name it themselves.
with names as (
    {names}
), named as (
    select s.name, p.oid, p.proname
    from names s
    join pg_proc p on strpos(p.prosrc, quote_literal(s.name)) > 0
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'cpctl')
)
select name, 'function', oid::regproc::text, null from named
union all
select s.name, 'job', coalesce(j.jobname::text, 'jobid ' || j.jobid), j.schedule
from names s
join cron.job j on strpos(j.command, quote_literal(s.name)) > 0
    or exists (select from named n where n.name = s.name and strpos(j.command, n.proname || '(') > 0)
where j.active
