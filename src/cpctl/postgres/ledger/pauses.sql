-- What cpctl did last to each job's `active`: rows of no file (core/pauses.py). pg_cron learns of it
-- up to a second after the commit: a run that began within five seconds shows no resume.
select distinct on (done.jobid, done.owner)
       done.jobid, done.owner, a.number, a.name,
       to_char(a.finished at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char((a.finished + interval '5 s') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       a.role, a.job, a.revision, done.reason, done.via
from cpctl.applies a,
     json_to_recordset(a.changes::json) as done(jobid int8, owner text, reason text, via text)
where a.name in ('cpctl pause', 'cpctl resume')
order by done.jobid, done.owner, a.number desc
