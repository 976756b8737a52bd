"""The cache of responses that may be given again, for steps with `cacheTTL`."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from jackfield.engine.ports import AccountCache, Response

_MOST_BYTES: Final = 32 * 1024 * 1024
_LARGEST: Final = 1024 * 1024
_OVERHEAD: Final = 512


class ResponseCache:
    """An LRU cache, bounded in bytes, of the responses of all accounts in this process."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._bytes = 0

    def of(self, account: str) -> AccountCache:
        """Return the cache of one account; use another name when its credentials change."""
        return _AccountPart(self, account)

    def find(self, account: str, key: str) -> Response | None:
        entry_key = account, key
        entry = self._entries.get(entry_key)
        if entry is None:
            return None
        # It is from the future if the clock was set back since.
        if not entry.kept <= self._now() < entry.expires:
            self._remove(entry_key)
            return None
        self._entries.move_to_end(entry_key)
        return entry.response

    def keep(self, account: str, key: str, response: Response, *, seconds: float) -> None:
        entry_key = account, key
        self._remove(entry_key)
        now, size = self._now(), _size(key, response)
        entry = _Entry(now, now + timedelta(seconds=seconds), response, size)
        if entry.size > _LARGEST:
            return
        self._entries[entry_key] = entry
        self._bytes += entry.size
        while self._bytes > _MOST_BYTES:
            self._remove(next(iter(self._entries)))

    def _remove(self, entry_key: tuple[str, str]) -> None:
        entry = self._entries.pop(entry_key, None)
        if entry is not None:
            self._bytes -= entry.size


def _size(key: str, response: Response) -> int:
    """Return about how much memory an entry takes: an empty response takes some, too."""
    headers = sum(_OVERHEAD + len(name) + len(value) for name, value in response.headers.items())
    return _OVERHEAD + len(key) + len(response.url or "") + len(response.body) + headers


@dataclass(frozen=True, slots=True)
class _Entry:
    kept: datetime
    expires: datetime
    response: Response
    size: int


class _AccountPart(Struct, frozen=True):
    cache: ResponseCache
    account: str

    async def get(self, key: str) -> Response | None:
        return self.cache.find(self.account, key)

    async def put(self, key: str, response: Response, *, seconds: float) -> None:
        self.cache.keep(self.account, key, response, seconds=seconds)
