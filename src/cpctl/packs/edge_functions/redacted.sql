-- Whatever looks like a key: of error pages that repeat the request's headers.
BEGIN
    RETURN regexp_replace(
        regexp_replace(
            words, '(eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|sb_secret_[A-Za-z0-9_-]+)',
            '(key)', 'g'
        ),
        '(bearer\s+)[A-Za-z0-9._~+/=-]{16,}', '\1(key)', 'gi'
    );
END
