select coalesce(lower(name), sourcefile || ':' || sourceline, 'a file'), error from pg_file_settings
where error is not null and error <> $1 and (name is null or lower(name) = any($2))
