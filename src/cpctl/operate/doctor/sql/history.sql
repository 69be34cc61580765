select (select count(*) from (select from cron.job_run_details limit $1) as first),
       c.reltuples::bigint, pg_total_relation_size(c.oid)
from pg_class c
where c.oid = 'cron.job_run_details'::regclass
