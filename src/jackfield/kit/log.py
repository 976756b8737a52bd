"""Structured log: one JSON object per line on standard error, secrets masked."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import msgspec
import structlog

from jackfield.kit import redaction
from jackfield.kit.json import encode


def configure(*, level: str = "info", stream: TextIO | None = None) -> None:
    """Write events from `level` up as JSON lines to `stream` (default: standard error)."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask secrets by key and by value, in every field of every event."""
    redactor = redaction.current()
    for key, value in event.items():
        if redaction.is_secret_name(key) and isinstance(value, str | bytes):
            event[key] = redaction.MASK
        elif not isinstance(value, int | float):
            event[key] = redactor.value(value)
    return event


def _serialize(event: object, **_kwargs: object) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=str).decode()
    except UnicodeEncodeError:
        return encode(msgspec.to_builtins(event, enc_hook=str)).decode()
