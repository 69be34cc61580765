"""What happens, a JSON object a line on stderr: no header, no query, nothing that may be secret."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

LOG = logging.getLogger("cpctl.serve")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        return json.dumps(line, ensure_ascii=False)


class _Seldom(logging.Filter):
    """What is below us says the same thousands of times a second, where no descriptor is left."""

    last = ("", 0)

    def filter(self, record: logging.LogRecord) -> bool:
        before, self.last = self.last, (record.getMessage(), int(record.created))
        return record.name == LOG.name or self.last != before


_LEVELS = {
    "cpctl.serve": logging.INFO,
    "uvicorn": logging.WARNING,
    "asyncio": logging.WARNING,
}


def to_stderr() -> None:
    """Our lines, and what the HTTP server and the event loop below us have to complain of."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    handler.addFilter(_Seldom())
    for name, level in _LEVELS.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)


def note(event: str, /, level: int = logging.INFO, **facts: Any) -> None:  # noqa: ANN401 - JSON
    LOG.log(level, event, extra={"facts": facts})
