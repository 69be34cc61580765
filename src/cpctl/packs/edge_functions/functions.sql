BEGIN
    RETURN QUERY
    SELECT f.name::text, f.trigger_name::text, f.url_label::text, f.timeout_ms::integer,
           f.retries::integer, f.log_table::text
    FROM (VALUES @functions@) AS f (name, trigger_name, url_label, timeout_ms, retries, log_table);
END
