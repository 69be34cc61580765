UPDATE cpctl.files SET name = $1
WHERE name = $2 AND NOT EXISTS (SELECT FROM cpctl.files WHERE name = $1)
