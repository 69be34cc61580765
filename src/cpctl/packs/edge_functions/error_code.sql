-- What libcurl says: its messages at length, and the short ones of curl_easy_strerror. The name of
-- a host may stand in them, so no word of these is one that a host could be called.
BEGIN
    RETURN CASE
        WHEN message ~* 'could(n.t| not) resolve|resolving timed out' THEN 'dns'
        WHEN message ~* 'maximum \(\d+\) redirects|number of redirects' THEN 'redirect'
        WHEN message ~* 'timed out|timeout (was|of|after)|connection timeout' THEN 'timeout'
        WHEN message ~* 'reset by peer|recv failure|send failure|empty reply|broken pipe'
            '|server returned nothing|(receiving|sending) data|partial file|transfer closed'
            THEN 'reset'
        WHEN message ~* '\m(ssl|tls)[ _]|certificate' THEN 'tls'
        WHEN message ~* 'failed to connect|could(n.t| not) connect|no route to|unreachable'
            '|connection refused' THEN 'unreachable'
        WHEN message ~* 'malformed|bad/illegal|bad hostname|unsupported protocol'
            '|protocol .*(not supported|disabled)' THEN 'bad_setting'
        WHEN message ~* 'byte sequence|has no equivalent in encoding' THEN 'wrong_content'
        ELSE 'call_failed'
    END;
END
