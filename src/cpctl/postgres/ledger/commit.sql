UPDATE cpctl.applies
SET committed = true, outcome = $2, finished = case when $2::text is not null then clock_timestamp() end
WHERE number = $1
