"""Time that passes when the test says so."""

from dataclasses import dataclass
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
