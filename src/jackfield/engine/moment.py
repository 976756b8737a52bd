"""What time it is for the run at hand."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Final

from jackfield.kit.clock import Clock, system_clock

_CLOCK: Final[ContextVar[Clock]] = ContextVar("clock", default=system_clock)


def now() -> datetime:
    return _CLOCK.get()()


@contextmanager
def using_clock(clock: Clock) -> Generator[None]:
    """Have every expression evaluated inside the block read `clock`."""
    token = _CLOCK.set(clock)
    try:
        yield
    finally:
        _CLOCK.reset(token)
