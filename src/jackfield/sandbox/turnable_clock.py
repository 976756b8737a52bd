"""A clock that runs with another one and can be turned forward."""

from datetime import datetime, timedelta

from jackfield.kit.clock import Clock


class TurnableClock:
    """A clock that runs with another one and can be turned forward."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)
