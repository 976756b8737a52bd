"""The log: one JSON object a line, whoever writes."""

import json
import logging
import sys
import threading
from io import StringIO
from typing import Any

import pytest

from jackfield.kit import log, redaction
from jackfield.kit.redaction import MASK, Redactor

SECRET = "5ecret-Value!"


@pytest.fixture
def stream() -> StringIO:
    stream = StringIO()
    log.configure(stream=stream)
    return stream


def lines(stream: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("name", ["uvicorn.error", "asyncpg.pool", "asyncio", "aiohttp.client"])
def test_what_a_library_logs_is_one_line_without_secrets(stream: StringIO, name: str) -> None:
    redaction.learn(Redactor([SECRET]))
    error = ValueError(SECRET)
    logging.getLogger(name).error("it %s\nwith %s", "broke", SECRET, exc_info=error)

    (line,) = lines(stream)
    assert line["event"] == f"it broke\nwith {MASK}"
    assert (line["level"], line["logger"]) == ("error", name)
    assert "ValueError" in line["exception"]
    assert SECRET not in stream.getvalue()


def test_what_a_library_says_without_need_is_left_out(stream: StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 1)

    assert lines(stream) == []


def test_what_nobody_caught_is_a_line(stream: StringIO) -> None:
    error = RuntimeError("nobody")

    sys.excepthook(RuntimeError, error, None)

    assert lines(stream)[0]["event"] == "process_crashed"


def test_what_crashes_in_a_thread_or_unseen_is_a_line_without_secrets(stream: StringIO) -> None:
    redaction.learn(Redactor([SECRET]))

    def crash() -> None:
        raise ValueError(SECRET)

    class Fragile:
        def __del__(self) -> None:
            crash()

    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()
    Fragile()

    assert [line["event"] for line in lines(stream)] == ["thread_crashed", "error_ignored"]
    assert SECRET not in stream.getvalue()


def test_what_an_operator_waits_for_is_a_line_at_any_level() -> None:
    stream = StringIO()
    log.configure(level="error", stream=stream)

    log.announce("Jackfield listens")

    assert lines(stream)[0]["event"] == "Jackfield listens"
