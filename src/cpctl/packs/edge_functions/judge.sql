DECLARE
    quoted text := left(btrim(coalesce(content, ''), E' \t\r\n'), 500);
BEGIN
    IF http_status BETWEEN 300 AND 399 THEN
        error_code := 'redirect';
        error_message := format('HTTP %s, which is not followed', http_status);
    ELSIF http_status BETWEEN 200 AND 299 THEN
        BEGIN
            answer := CASE WHEN quoted <> '' THEN content::jsonb END;
        EXCEPTION WHEN OTHERS THEN
            error_code := CASE
                WHEN content_type IS NULL OR content_type ~* 'json' THEN 'invalid_json'
                ELSE 'wrong_content'
            END;
            error_message := format(
                'HTTP %s with %s that is not JSON (%s): %s', http_status,
                coalesce(content_type, 'an answer'), SQLERRM, quoted
            );
        END;
    ELSE
        error_code := 'http_' || coalesce(http_status, 0);
        error_message := concat_ws(': ', format('HTTP %s', http_status), nullif(quoted, ''));
    END IF;
    RETURN NEXT;
END
