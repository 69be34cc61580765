UPDATE cpctl.applies SET name = $1 WHERE name = $2
