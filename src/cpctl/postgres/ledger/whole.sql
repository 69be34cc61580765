WITH made AS (
    INSERT INTO cpctl.applies
        (name, os_user, job, url, revision, version, files, undoes, created, updated, deleted,
         changes,
         outcome, finished, committed)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'applied', clock_timestamp(), true)
    RETURNING number
), kept AS (
    INSERT INTO cpctl.files (name, apply, scope, owners, resources, state)
    SELECT $1, number, $13, $14, $15, $16 FROM made
    ON CONFLICT (name) DO UPDATE
    SET apply = excluded.apply, scope = excluded.scope, owners = excluded.owners,
        resources = excluded.resources, state = excluded.state
)
SELECT number FROM made
