select lower(name), setting, sourcefile, sourceline, error
from pg_file_settings
order by seqno
