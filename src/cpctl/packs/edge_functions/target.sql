-- A store that cannot be read is a reason to tell, not an error of the run.
BEGIN
    url_label := @url_label@;
    key_label := @key_label@;
    BEGIN
        url := @url@;
    EXCEPTION WHEN OTHERS THEN
        url_trouble := format('cannot be read: %s', SQLERRM);
    END;
    IF key_label IS NOT NULL THEN
        BEGIN
            key := @key@;
        EXCEPTION WHEN OTHERS THEN
            key_trouble := format('cannot be read: %s', SQLERRM);
        END;
    END IF;
    RETURN NEXT;
END
