"""Structured logs, one JSON object per line on stderr, that cannot carry a name or a face.

A field is a whole number, true/false, a *machine word* (lower-case id, code, hash, address), or empty. Any other text
is withheld, so that a mistake in a call cannot leak a person. Errors are logged by class and place, never by their
text.
"""
from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from typing import Any, TextIO

_ROOT = "zaitang"
_WORD = re.compile(r"[a-z0-9_][a-z0-9_.:/+=@-]{0,199}", re.ASCII)
WITHHELD = "(withheld)"


class Log:
    """What one component writes. `event` is a literal in the code, such as "order.accepted"."""

    def __init__(self, component: str) -> None:
        self._logger = logging.getLogger(f"{_ROOT}.{component}")

    def info(self, event: str, **fields: object) -> None:
        """Something worth knowing happened."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Something went wrong that mends itself or that somebody should look at."""
        self._write(logging.WARNING, event, fields)

    def failed(self, event: str, error: BaseException, **fields: object) -> None:
        """An error: its class and the innermost place; its words stay out, because they may hold a person's name."""
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename.rpartition('/')[2].lower()}:{frames[-1].lineno}" if frames else "unknown"
        self._write(logging.ERROR, event, {**fields, "error": _snake(type(error).__name__), "at": place})

    def _write(self, level: int, event: str, fields: dict[str, Any]) -> None:
        self._logger.log(level, event, extra={"fields": {name: _safe(value) for name, value in fields.items()}})


def setup(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send the logs of this product to `stream` (stderr when none is given). Calling again replaces the stream."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_Lines())
    logger = logging.getLogger(_ROOT)
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {"t": round(record.created, 3), "level": record.levelname.lower(), "from": record.name.partition(".")[2]}
        return json.dumps({**line, "event": record.getMessage(), **getattr(record, "fields", {})}, ensure_ascii=True)


def _safe(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str) and (not value or _WORD.fullmatch(value)):
        return value
    if isinstance(value, tuple | list):
        return [_safe(item) for item in value]
    return WITHHELD


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
