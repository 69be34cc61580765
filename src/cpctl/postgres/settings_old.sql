select lower(name), setting from pg_file_settings
where sourcefile like '%/postgresql.auto.conf' order by seqno
