select number, name, to_char(started at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(finished at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), outcome, role,
       os_user, job, url, revision, version, files, undoes, created, updated, deleted,
       left_behind,
       -- One lock for all of cpctl: an apply that is not finished is at work, or dead.
       outcome is null and exists (
           select from pg_locks
           where locktype = 'advisory' and granted and classid = $1 and objid = $2 and objsubid = 1
             and database = (select oid from pg_database where datname = current_database())),
       case when name in ('cpctl pause', 'cpctl resume') then changes end
from cpctl.applies
where {condition}
order by number desc
