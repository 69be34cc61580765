"""Stands in for the Edge Functions while the demo runs: answers as they do, on loopback.

    python tools/demo/edge_server.py FOLDER

It writes its port to FOLDER/port, each call it gets to FOLDER/calls, and while there is a file
FOLDER/broken it answers 500 to everything.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KEY = "your-service-role-key"
"""What .env.example sends."""

ANSWERS: dict[str, dict[str, object]] = {
    "content-automation": {"processed": 3},
    "sweeper": {"action": "sweep", "status": "completed", "records_processed": 2},
    "monitor": {"logs": []},
    "metrics": {"metric_type": "queue", "metric_name": "pending", "metric_value": 4},
    "health": {"component": "database", "status": "healthy", "response_time_ms": 3},
    "cleanup": {"operation_type": "archive", "table_name": "jobs", "records_deleted": 0},
}


class Function(BaseHTTPRequestHandler):
    """One call of one function."""

    folder: Path

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        known = self.headers.get("Authorization") == f"Bearer {KEY}"
        name = self.path.rpartition("/")[2]
        answer: dict[str, object]
        if not known:
            code, answer = 401, {"error": "wrong key"}
        elif (self.folder / "broken").exists():
            code, answer = 500, {"error": "the database of the content pipeline is down"}
        else:
            code, answer = 200, ANSWERS.get(name, {})
        with (self.folder / "calls").open("a", encoding="utf-8") as calls:
            key = "the right key" if known else "another key"
            calls.write(f"POST {self.path}, with {key}: {code}\n")
        self._answer(code, json.dumps(answer).encode())

    def _answer(self, code: int, body: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """What was called stands in FOLDER/calls."""


def main() -> None:
    Function.folder = folder = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Function)
    (folder / "port").write_text(f"{server.server_port}\n", encoding="utf-8")
    server.serve_forever()


if __name__ == "__main__":
    main()
