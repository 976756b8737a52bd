"""Current time of a run, frozen by its clock."""

from contextvars import ContextVar
from datetime import datetime
from typing import Final

from jackfield.kit.clock import Clock, system_clock

_CLOCK: Final[ContextVar[Clock]] = ContextVar("clock", default=system_clock)


def now() -> datetime:
    return _CLOCK.get()()


class using_clock:  # noqa: N801 - read as a verb
    """Sets the clock of expressions evaluated inside the `with` block."""

    __slots__ = ("_clock", "_token")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def __enter__(self) -> None:
        self._token = _CLOCK.set(self._clock)

    def __exit__(self, *_: object) -> None:
        _CLOCK.reset(self._token)
