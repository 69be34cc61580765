-- Where to and with which key, and what speaks against trying. A line break in a key would begin
-- another header.
BEGIN
    EXECUTE format('SELECT t.* FROM %I.%I() AS t', @schema_name@, 'target_' || function_name)
    INTO url, url_label, url_trouble, key, key_label, key_trouble;
    IF url_trouble IS NULL AND coalesce(url, '') = '' THEN
        url_trouble := 'is not set';
    ELSIF url !~* '^https?://[^/?#[:space:][:cntrl:]][^[:space:][:cntrl:]]*$' THEN
        url_trouble := 'is not a URL that begins with http:// or https://';
    END IF;
    IF key_label IS NOT NULL AND key_trouble IS NULL AND coalesce(key, '') = '' THEN
        key_trouble := 'is not set';
    ELSIF key ~ '[[:cntrl:]]' THEN
        key_trouble := 'has a line break or another control character in it';
    END IF;
    IF coalesce(url_trouble, key_trouble) IS NOT NULL THEN
        error_code := CASE
            WHEN coalesce(url_trouble, key_trouble) = 'is not set' THEN 'missing_setting'
            ELSE 'bad_setting'
        END;
        error_message := concat_ws(
            '; ', url_label || ' ' || url_trouble, key_label || ' ' || key_trouble
        );
    END IF;
    RETURN NEXT;
END
