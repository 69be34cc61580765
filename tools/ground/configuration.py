"""What every cluster of ours has in its configuration, and who may log in to it how."""

import socket
from collections.abc import Mapping
from pathlib import Path

# Whoever wants to see a wrong password refused connects as needs_password over TCP.
PG_HBA = """\
host  all          needs_password  127.0.0.1/32  scram-sha-256
local all          all                           trust
host  all          all             127.0.0.1/32  trust
local replication  all                           trust
host  replication  all             127.0.0.1/32  trust
"""


def standard_settings(port: int, socket_directory: Path) -> dict[str, str]:
    return {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(socket_directory),
        "shared_preload_libraries": "pg_cron",
        "cron.host": str(socket_directory),
        "cron.database_name": "postgres",
        "max_connections": "200",
        "max_worker_processes": "20",
        "fsync": "off",
        "log_line_prefix": "%m [%p] %q%a ",
        "log_statement": "ddl",
        "log_timezone": "GMT",
        "timezone": "GMT",
    }


def settings_text(settings: Mapping[str, str]) -> str:
    return "".join(f"{name} = {_quoted(value)}\n" for name, value in settings.items())


def _quoted(value: str) -> str:
    doubled = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def free_port(preferred: int) -> int:
    """The preferred one unless another program has it; 0 means any."""
    for wanted in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("127.0.0.1 has no free port")
