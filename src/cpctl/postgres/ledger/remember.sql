INSERT INTO cpctl.files (name, apply, scope, owners, resources, state)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO UPDATE
SET apply = excluded.apply, scope = excluded.scope, owners = excluded.owners,
    resources = excluded.resources, state = excluded.state
