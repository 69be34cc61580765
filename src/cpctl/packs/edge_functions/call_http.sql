-- curl's options outlive the call: whatever the session had set is taken away before it, so that
-- nothing but ours holds, and put back after it, a cancelled one included.
DECLARE
    options jsonb;
    timeout_before text;
    answer record;
    bytes bytea;
    moved_to text;
    state text;
    place text := regexp_replace(regexp_replace(url, '[?#].*$', ''), '//[^/@]*@', '//');
BEGIN
    SELECT coalesce(jsonb_object_agg(o.curlopt, o.value), '{}') INTO options
    FROM @extschema:http@.http_list_curlopt() AS o;
    timeout_before := current_setting('http.timeout_msec', true);
    BEGIN
        BEGIN
            PERFORM @extschema:http@.http_reset_curlopt();
            PERFORM @extschema:http@.http_set_curlopt(
                'CURLOPT_CONNECTTIMEOUT'::varchar, ceil(timeout_ms / 1000.0)::varchar
            );
            PERFORM set_config('http.timeout_msec', timeout_ms::text, true);
            SELECT a.status, a.content_type, a.headers, a.content INTO answer
            FROM @extschema:http@.http(ROW(
                'POST', url,
                CASE WHEN key IS NOT NULL THEN ARRAY[
                    @extschema:http@.http_header(
                        'Authorization'::varchar, ('Bearer ' || key)::varchar
                    )
                ] END,
                'application/json', body::text
            )::@extschema:http@.http_request) AS a;
        EXCEPTION WHEN OTHERS THEN
            state := SQLSTATE;
            error_message := SQLERRM;
        END;
        PERFORM @extschema:http@.http_reset_curlopt();
        PERFORM @extschema:http@.http_set_curlopt(o.key::varchar, o.value::varchar)
        FROM jsonb_each_text(options) AS o;
        PERFORM set_config('http.timeout_msec', coalesce(timeout_before, '0'), true);
    EXCEPTION WHEN query_canceled THEN
        PERFORM @extschema:http@.http_reset_curlopt();
        PERFORM @extschema:http@.http_set_curlopt(o.key::varchar, o.value::varchar)
        FROM jsonb_each_text(options) AS o;
        RAISE;
    END;

    IF state IS NOT NULL THEN
        error_code := @schema@.edge_error_code(error_message);
        error_message := format('%s: %s', place, error_message);
        RETURN NEXT;
        RETURN;
    END IF;
    http_status := answer.status;
    content_type := answer.content_type;

    -- The extension follows redirects, and cannot be told not to. Then the headers are those of
    -- every answer on the way. curl itself gives the key to no other host, port or scheme.
    SELECT h.value INTO moved_to
    FROM unnest(answer.headers) AS h
    WHERE lower(h.field) = 'location'
    LIMIT 1;
    IF moved_to IS NOT NULL AND (http_status NOT IN (201, 202) OR EXISTS (
        SELECT FROM unnest(answer.headers) AS h
        WHERE lower(h.field) IN ('date', 'server', 'connection', 'content-length', 'content-type')
        GROUP BY lower(h.field)
        HAVING count(*) > 1
    )) THEN
        error_code := 'redirect';
        error_message := format(
            '%s: redirects to %s, whose answer (status %s) is not taken for its own', place,
            left(regexp_replace(regexp_replace(moved_to, '[?#].*$', ''), '//[^/@]*@', '//'), 200),
            http_status
        );
        http_status := NULL;
        RETURN NEXT;
        RETURN;
    END IF;

    -- Without a charset the extension hands over bytes that nobody has looked at.
    bytes := @extschema:http@.text_to_bytea(answer.content::text);
    IF octet_length(bytes) > 1048576 AND http_status BETWEEN 200 AND 299 THEN
        error_code := 'too_large';
        error_message := format(
            '%s: the answer has %s bytes; more than 1048576 are not kept', place, octet_length(bytes)
        );
    ELSE
        BEGIN
            content := convert_from(substr(bytes, 1, 1048576), CASE
                WHEN answer.content_type ~* 'charset' THEN getdatabaseencoding() ELSE 'UTF8'
            END);
        EXCEPTION WHEN OTHERS THEN
            IF http_status BETWEEN 200 AND 299 THEN
                error_code := 'wrong_content';
                error_message := format('%s: the answer is not text (%s)', place, SQLERRM);
            END IF;
        END;
        content := @schema@.edge_without_key(content, key);
    END IF;
    RETURN NEXT;
END
