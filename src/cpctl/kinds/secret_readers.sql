-- Which functions name a secret in quotes. The jobs that call them are in the rows of the jobs.
select s.name, p.oid::regproc::text, p.proname::text
from ({names}) s
join pg_proc p on strpos(p.prosrc, quote_literal(s.name)) > 0
join pg_namespace n on n.oid = p.pronamespace
where n.nspname not in ('pg_catalog', 'information_schema', 'cpctl')
