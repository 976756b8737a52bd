"""Termination of a command that would leave files behind."""

import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def cleaned_up() -> Generator[None]:
    """Let the block clean up when the command is told to end, as at the end of a service."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
