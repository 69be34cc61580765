INSERT INTO cpctl.applies
    (name, os_user, job, url, revision, version, files, created, updated, deleted, changes,
     outcome, finished, committed)
VALUES ($1, $2, $3, $4, $5, $6, '{}', 0, $7, 0, $8, 'applied', clock_timestamp(), true)
RETURNING number
