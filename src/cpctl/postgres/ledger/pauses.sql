-- What cpctl did last to each job's `active`: rows of no file (core/pauses.py). pg_cron learns of it
-- up to a second after the commit: a run that began within five seconds shows no resume.
select distinct on (jobid, owner)
       jobid, owner, number, name, at, settled, role, job, revision, reason, via
from (
    select (change -> 'before' -> 'facts' ->> 'jobid')::int8 as jobid,
           change -> 'before' -> 'facts' ->> 'username' as owner, a.number, a.name,
           to_char(a.finished at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at,
           to_char((a.finished + interval '5 s') at time zone 'UTC',
                   'YYYY-MM-DD"T"HH24:MI:SS"Z"') as settled,
           a.role, a.job, a.revision, change ->> 'reason' as reason, change ->> 'via' as via
    from cpctl.applies a, json_array_elements(a.changes::json) as change
    where a.name in ('cpctl pause', 'cpctl resume')
) as done
order by jobid, owner, number desc
