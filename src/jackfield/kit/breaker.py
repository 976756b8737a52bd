"""Circuit breaker by host: few requests at once, and none for a while after failures in a row."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from jackfield.kit.clock import Clock
from jackfield.kit.errors import ProviderError, ProviderUnavailable

_MOST_AT_ONCE: Final = 8
_MOST_FAILURES: Final = 5
_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(seconds=60)
# People type hosts of their own, and each that fails is remembered.
_MOST_HOSTS: Final = 1000


@dataclass(slots=True)
class Attempt:
    """A request to a host; `failed` is set if it answered that it cannot serve."""

    failed: bool = False


@dataclass(slots=True)
class _Host:
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST_AT_ONCE))
    inside: int = 0
    failures: int = 0
    closed_until: datetime | None = None


class Breaker:
    """The hosts of one process. After a pause one request is tried before others go again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def enter(self, host: str) -> AsyncGenerator[Attempt]:
        """
        Wait for room at a host.

        Raises:
            ProviderUnavailable: it failed several times in a row, and is left alone for a while.
        """
        known = self._hosts.setdefault(host, _Host())
        known.inside += 1
        if len(self._hosts) > _MOST_HOSTS:
            self._forget_one()
        attempt = Attempt()
        try:
            async with known.room:
                self._require_open(known)
                try:
                    yield attempt
                except ProviderError:
                    self._note(known, failed=True)
                    raise
                self._note(known, failed=attempt.failed)
        finally:
            known.inside -= 1
            if not known.inside and not known.failures:
                self._hosts.pop(host, None)

    def _forget_one(self) -> None:
        """Forget the host that has been known for the longest time, of those without a request."""
        idle = next((host for host, known in self._hosts.items() if not known.inside), None)
        if idle is not None:
            del self._hosts[idle]

    def _require_open(self, host: _Host) -> None:
        if host.closed_until is None:
            return
        now = self._clock()
        # Further ahead it is only if the clock was set back since.
        if now < host.closed_until <= now + _LONGEST_PAUSE:
            seconds = (host.closed_until - now).total_seconds()
            msg = (
                "the provider's token endpoint failed several times in a row; "
                f"it is asked again in {seconds:.0f} seconds"
            )
            paused = ProviderUnavailable(msg, retry_after=max(seconds, 1.0))
            paused.nothing_sent = True
            raise paused
        # This one is the trial; the others wait for what becomes of it.
        host.closed_until = now + _PAUSE

    def _note(self, host: _Host, *, failed: bool) -> None:
        if not failed:
            host.failures, host.closed_until = 0, None
            return
        host.failures += 1
        more = host.failures - _MOST_FAILURES
        if more >= 0:
            host.closed_until = self._clock() + min(_PAUSE * 2 ** min(more, 4), _LONGEST_PAUSE)
