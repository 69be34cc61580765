UPDATE cpctl.applies
SET committed = true, left_behind = $2, outcome = case when $2::text[] = '{}' then 'applied' end,
    finished = case when $2::text[] = '{}' then clock_timestamp() end
WHERE number = $1
