UPDATE cpctl.applies SET outcome = $2, finished = clock_timestamp(), left_behind = $3
WHERE number = $1 AND outcome IS NULL
