select lower(name), setting, sourcefile, error
from pg_file_settings
order by seqno
