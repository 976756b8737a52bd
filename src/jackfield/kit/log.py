"""Structured log: one JSON object per line on standard error, secrets masked."""

import atexit
import logging
import sys
import threading
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, Final, TextIO, TypeAlias, cast

import msgspec
import structlog

from jackfield.kit import log_stream, redaction, request_context
from jackfield.kit.clock import system_clock
from jackfield.kit.json import encode
from jackfield.kit.redaction import Redactor
from jackfield.kit.secret_names import is_secret_name

_LIBRARIES: Final = "WARNING"
_SERVER: Final = "uvicorn.error"
_HUB: Final = "jackfield"
# Said of a response that breaks off on purpose, after the reason was logged.
_CUT_SHORT: Final = "ASGI callable returned without completing response."

_log = structlog.get_logger()
_Error: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]


@dataclass(frozen=True, slots=True)
class _Lines:
    """Where the lines of requests go; nowhere if the level leaves them out."""

    stream: TextIO | None


# None until `configure`.
_lines: _Lines | None = None


def configure(*, level: str = "info", stream: TextIO | None = None) -> None:
    """
    Write events from `level` up as JSON lines to `stream` (default: standard error).

    What libraries log goes the same way, from warnings up.
    """
    global _lines  # noqa: PLW0603 - as structlog itself keeps what it was configured with
    to = stream or _standard_error(sys.stderr)
    least = logging.getLevelNamesMapping()[level.upper()]
    _lines = _Lines(to if least <= logging.INFO else None)
    structlog.configure(
        processors=[
            _of_request,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=to),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _Libraries)]:
        root.removeHandler(handler)
    root.addHandler(_Libraries(to))
    logging.captureWarnings(capture=True)
    sys.excepthook = crashed
    threading.excepthook = _thread_crashed
    sys.unraisablehook = _crashed_in_passing


def request_ended(
    *, method: str, path: str, status: int, ms: float, about: Mapping[str, str]
) -> None:
    """
    Write the line of a request, as a logger would: this one is written for every request.

    A logger's way takes ten times as long, and is taken where there is something to mask.
    """
    fields = {"method": method, "path": path, "status": status, "ms": ms, **about}
    request = request_context.current()
    if _lines is None or request is None:
        _log.info("request", **fields)
        return
    if _lines.stream is None:
        return
    line = _serialize(
        {
            **fields,
            "event": "request",
            "request_id": request.request_id,
            "level": "info",
            "timestamp": system_clock().isoformat().replace("+00:00", "Z"),
        }
    )
    if redaction.current().leaves(line.encode("utf-8", "surrogatepass")):
        _lines.stream.write(line + "\n")
        _lines.stream.flush()
    else:
        _log.info("request", **fields)


@cache
def _standard_error(stream: TextIO) -> TextIO:
    if not log_stream.has_file(stream):
        return stream
    own = log_stream.LogStream(stream, _say_dropped)
    atexit.register(own.close)
    # All of it that is used here: `write` and `flush`.
    return cast("TextIO", own)


def _say_dropped(count: int) -> str:
    at = system_clock().isoformat().replace("+00:00", "Z")
    said = {"event": "log_lines_dropped", "count": count, "level": "error", "timestamp": at}
    return _serialize(said) + "\n"


def announce(words: str) -> None:
    """Say, at any level, what an operator waits for: a line of the log, or plain on a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(words + "\n")
        return
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Libraries):
            handler.emit(logging.LogRecord(_HUB, logging.INFO, "", 0, words, None, None))


def crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log an error that ends the process."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _report("process_crashed", (kind, error, trace))


def _of_request(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Say which request an event is of."""
    request = request_context.current()
    if request is not None:
        event.setdefault("request_id", request.request_id)
    return event


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask secrets by name and by value, in every field of every event."""
    return _masked(event, redaction.current())


class _Libraries(logging.Handler):
    """Writes what libraries log, which may tell of any task: masked with all that is in use."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(_LIBRARIES)
        self._stream = stream
        self._formatter = structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                _of_request,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _redact_with_all,
                structlog.processors.JSONRenderer(serializer=_serialize),
            ],
        )

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == _SERVER and record.msg == _CUT_SHORT:
            return
        try:
            self._stream.write(self._formatter.format(record) + "\n")
            self._stream.flush()
        except Exception:  # noqa: BLE001 - a log that cannot be written breaks nothing else
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say nothing: what the standard library would print here holds the message unmasked."""


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _report("thread_crashed", (args.exc_type, args.exc_value, args.exc_traceback))


def _crashed_in_passing(args: "sys.UnraisableHookArgs") -> None:
    """Log an error where Python can raise none, such as in a finalizer."""
    if args.exc_value is not None:
        _report("error_ignored", (args.exc_type, args.exc_value, args.exc_traceback))


def _report(event: str, error: _Error) -> None:
    # As what libraries log: it may be of any task, and is masked with all that is in use.
    logging.getLogger(_HUB).critical(event, exc_info=error)


def _redact_with_all(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for redactor in redaction.alive():
        event = _masked(event, redactor)
    return event


def _masked(event: MutableMapping[str, Any], redactor: Redactor) -> MutableMapping[str, Any]:
    # One search for the whole line: nearly always there is nothing to mask.
    is_clean = redactor.leaves(_serialize(event).encode("utf-8", "surrogatepass"))
    for key, value in event.items():
        if is_secret_name(key) and isinstance(value, str | bytes):
            event[key] = redaction.MASK
        elif not (isinstance(value, int | float) or (is_clean and value.__class__ is str)):
            event[key] = redactor.value(value)
    return event


def _serialize(event: object, **_kwargs: object) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=str).decode()
    except UnicodeEncodeError:
        return encode(msgspec.to_builtins(event, enc_hook=str)).decode()
