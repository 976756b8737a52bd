"""Answers of providers that may be given again, for steps with `cacheTTL`."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from jackfield.engine.transport import Response

_MOST_BYTES: Final = 32 * 1024 * 1024
_LARGEST: Final = 1024 * 1024


class ResponseStore(Protocol):
    """Keeps answers of one account. A key is a digest of all that was asked, headers included."""

    async def get(self, key: str) -> Response | None: ...

    async def put(self, key: str, response: Response, *, seconds: float) -> None: ...


class ResponseCache:
    """Answers of all accounts, in this process: those used last, as far as they fit."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: OrderedDict[tuple[str, str], tuple[datetime, Response]] = OrderedDict()
        self._bytes = 0

    def of(self, account: str) -> "AccountResponses":
        """Return the cache of one account; name it anew when its credentials are others."""
        return AccountResponses(self, account)

    def find(self, account: str, key: str) -> Response | None:
        place = account, key
        found = self._kept.get(place)
        if found is None:
            return None
        until, response = found
        if self._now() >= until:
            self._forget(place)
            return None
        self._kept.move_to_end(place)
        return response

    def keep(self, account: str, key: str, response: Response, *, seconds: float) -> None:
        if len(response.body) > _LARGEST:
            return
        place = account, key
        self._forget(place)
        self._kept[place] = self._now() + timedelta(seconds=seconds), response
        self._bytes += len(response.body)
        while self._bytes > _MOST_BYTES:
            self._forget(next(iter(self._kept)))

    def _forget(self, place: tuple[str, str]) -> None:
        found = self._kept.pop(place, None)
        if found is not None:
            self._bytes -= len(found[1].body)


@dataclass(frozen=True, slots=True)
class AccountResponses:
    """The cache of one account (see `AnswerCache`)."""

    answers: ResponseCache
    account: str

    async def get(self, key: str) -> Response | None:
        return self.answers.find(self.account, key)

    async def put(self, key: str, response: Response, *, seconds: float) -> None:
        self.answers.keep(self.account, key, response, seconds=seconds)
