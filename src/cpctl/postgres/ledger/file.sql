select f.name, f.state, (select max(number) from cpctl.applies where name not in ('cpctl pause', 'cpctl resume')), a.number, a.name, to_char(a.started at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
       to_char(a.finished at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), a.outcome, a.role,
       a.os_user, a.job, a.url, a.revision, a.version, a.files, a.undoes, a.created, a.updated, a.deleted,
       a.left_behind, false
from cpctl.files f join cpctl.applies a on a.number = f.apply
where f.name = any($1)
