"""Time that passes when the test says so."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@dataclass
class FrozenClock:
    """Time that passes when the test says so."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds=seconds)


@dataclass
class StoppedTime:
    """Takes the place of `time` in a module that measures how old something is."""

    now: float = field(default_factory=time.monotonic)

    def monotonic(self) -> float:
        return self.now
