"""The log goes on when its reader does not."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import pytest

from jackfield.kit import log_stream
from jackfield.kit.log_stream import LogStream

_LINE = "x" * 999 + "\n"


def dropped(count: int) -> str:
    return json.dumps({"dropped": count}) + "\n"


def pipe() -> tuple[int, int]:
    return os.pipe()


def pair() -> tuple[int, int]:
    reader, writer = socket.socketpair()
    return reader.detach(), writer.detach()


def opened(number: int) -> TextIO:
    return os.fdopen(number, "w", encoding="utf-8")


def read(number: int, stream: LogStream) -> str:
    """Read all that is written, as a reader that goes on."""
    os.set_blocking(number, False)
    found = bytearray()
    while True:
        try:
            found += os.read(number, 1 << 20)
        except BlockingIOError:
            before = len(found)
            stream.flush()
            try:
                found += os.read(number, 1 << 20)
            except BlockingIOError:
                return found.decode()
            assert len(found) > before


@pytest.mark.parametrize("make", [pipe, pair])
def test_a_reader_that_stops_holds_nothing_up_and_is_told_what_it_missed(
    make: Callable[[], tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_stream, "MOST_BYTES", 100_000)
    reader, writer = make()
    with opened(writer) as file:
        stream = LogStream(file, dropped)
        for _ in range(2000):
            stream.write(_LINE)
        stream.write("after\n")
        lines = read(reader, stream).splitlines(keepends=True)
        stream.write("later\n")
        later = read(reader, stream)
    os.close(reader)

    (missed,) = [json.loads(line)["dropped"] for line in lines if line.startswith("{")]
    assert lines[-1] == dropped(missed)
    assert set(lines[:-1]) == {_LINE}
    assert len(lines) - 1 + missed == 2001
    assert missed > 100
    assert later == "later\n"


def test_lines_come_as_they_are_written_and_a_reader_that_has_gone_breaks_nothing(
    tmp_path: Path,
) -> None:
    reader, writer = pipe()
    with opened(writer) as file:
        stream = LogStream(file, dropped)
        stream.write("one\n")
        first = os.read(reader, 100)
        os.close(reader)
        stream.write("two\n")
        stream.close()
    with (tmp_path / "log").open("w", encoding="utf-8") as file:
        stream = LogStream(file, dropped)
        stream.write("ünï\n" * 5000)
        stream.close()

    assert first == b"one\n"
    assert (tmp_path / "log").read_text("utf-8") == "ünï\n" * 5000
