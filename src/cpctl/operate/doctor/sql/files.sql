select lower(name), setting from pg_file_settings where name is not null and error is null
order by seqno
