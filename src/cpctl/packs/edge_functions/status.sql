BEGIN
    RETURN QUERY
    SELECT count(*), count(*) FILTER (WHERE s.active),
        count(*) FILTER (WHERE s.last_status = 'failed'), max(s.last_run), min(s.next_run)
    FROM @schema@.scheduler_jobs() AS s;
END
