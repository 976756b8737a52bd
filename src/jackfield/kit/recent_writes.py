"""Memory of writes whose outcome may not have reached the client that asked for them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from jackfield.kit.clock import Clock
from jackfield.kit.errors import HubError

IsGone: TypeAlias = Callable[[], Awaitable[bool]]

_LIFETIME: Final = timedelta(minutes=10)
_MOST: Final = 1000


@dataclass(eq=False, slots=True)
class RecentWrite:
    """A write that runs, or its outcome: a result or an error. `is_gone` asks for its client."""

    key: bytes
    is_gone: IsGone
    result: object = None
    error: HubError | None = None
    until: datetime | None = None

    @property
    def is_done(self) -> bool:
        return self.until is not None


class RecentWrites:
    """In the memory of one process: what a restart forgets runs again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._writes: dict[RecentWrite, None] = {}
        self._by_key: dict[bytes, list[RecentWrite]] = {}

    async def find(self, key: bytes) -> RecentWrite | None:
        """Return an equal write that nobody waits for, or whose outcome nobody knows."""
        for write in tuple(self._by_key.get(key, ())):
            if write.until is not None and write.until < self._clock():
                self.forget(write)
            elif write.is_done or await write.is_gone():
                return write
        return None

    def begin(self, key: bytes, is_gone: IsGone) -> RecentWrite:
        write = RecentWrite(key, is_gone)
        self._writes[write] = None
        self._by_key.setdefault(key, []).append(write)
        while len(self._writes) > _MOST:
            self.forget(next(iter(self._writes)))
        return write

    def finish(self, write: RecentWrite, *, result: object = None, error: HubError | None) -> None:
        write.result, write.error = result, error
        write.until = self._clock() + _LIFETIME

    def forget(self, write: RecentWrite) -> None:
        if self._writes.pop(write, self) is self:
            return
        equal = self._by_key[write.key]
        equal.remove(write)
        if not equal:
            del self._by_key[write.key]
