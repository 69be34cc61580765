INSERT INTO cpctl.applies
    (name, os_user, job, url, revision, version, files, undoes, created, updated, deleted,
     changes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING number
