-- pg_net where no server has it: its documented interface (net.http_post, net._http_response), and
-- the queue that its worker reads from. tests/pg_net.py is the worker.
CREATE SCHEMA net;
GRANT USAGE ON SCHEMA net TO PUBLIC;
CREATE TABLE net.http_request_queue (
    id bigserial PRIMARY KEY, url text NOT NULL, headers jsonb NOT NULL, body bytea,
    timeout_milliseconds integer NOT NULL
);
CREATE TABLE net._http_response (
    id bigint, status_code integer, content_type text, headers jsonb, content text,
    timed_out boolean, error_msg text, created timestamptz NOT NULL DEFAULT now()
);
GRANT ALL ON ALL TABLES IN SCHEMA net TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA net TO PUBLIC;

CREATE FUNCTION net.http_post(
    url text, body jsonb DEFAULT '{}', params jsonb DEFAULT '{}',
    headers jsonb DEFAULT '{"Content-Type": "application/json"}',
    timeout_milliseconds integer DEFAULT 5000
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    request_id bigint;
BEGIN
    IF headers ->> 'Content-Type' IS DISTINCT FROM 'application/json' THEN
        RAISE EXCEPTION 'Content-Type header must be "application/json"';
    END IF;
    INSERT INTO net.http_request_queue (url, headers, body, timeout_milliseconds)
    VALUES (url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
    RETURNING id INTO request_id;
    RETURN request_id;
END
$$;

-- An extension to whoever asks the catalog: its files are on no test server.
SET allow_system_table_mods = on;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
SELECT pg_nextoid('pg_extension', 'oid', 'pg_extension_oid_index'), 'pg_net', 10,
       'public'::regnamespace, false, '0.14.0';
RESET allow_system_table_mods;
