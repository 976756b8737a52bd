"""The live tail of a search: runs as they are logged, by whichever process."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId, RunId
from jackfield.logs.runs.models import Run
from jackfield.logs.search.models import RunSearch
from jackfield.logs.search.repo import RunSearches
from jackfield.logs.search.service import resolve
from jackfield.runtime import Hub

SECONDS: Final = 300
POLL_SECONDS: Final = 1.0
# A run is logged when it ends, under an id of when it began: it is looked for this long.
REACH: Final = timedelta(seconds=75)
MOST_AT_ONCE: Final = 100
# Between the clocks of the machines that log.
_SLACK: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Logged:
    """Runs that were logged since the last look, oldest first; `has_more` if not all are here."""

    runs: tuple[Run, ...]
    has_more: bool = False


class LiveTail:
    """
    The runs of a search from now on, or from the run `after` on.

    It ends by itself after some minutes, when the process stops, or once `is_allowed` says no. It
    has a place from the beginning on, and is to be closed.
    """

    def __init__(
        self,
        hub: Hub,
        project_id: ProjectId,
        search: RunSearch,
        *,
        actor: Actor,
        is_allowed: Callable[[], Awaitable[bool]],
        after: RunId | None = None,
    ) -> None:
        """
        Take a place.

        Raises:
            TooManyStreams: there is none.
        """
        self._hub = hub
        self._project_id = project_id
        self._search = search
        self._is_allowed = is_allowed
        self._after = after
        self._from = hub.clock() - _SLACK
        self._known: set[str] = set()
        self._place = ExitStack()
        self._place.enter_context(hub.open_streams.place(project_id, actor))

    def close(self) -> None:
        """Give the place back."""
        self._place.close()

    async def logged(self) -> AsyncGenerator[Logged]:
        """Yield what was logged, about once a second, if only that it was nothing."""
        async with self._hub.db.read(self._project_id) as tx:
            search = await resolve(tx, self._hub.catalog, self._search)
        for _ in range(round(SECONDS / POLL_SECONDS)):
            # Each time: a key that was revoked reads no more than any other request would.
            if self._hub.open_streams.is_closed or not await self._is_allowed():
                return
            yield await self._look(search)
            await self._hub.sleep(POLL_SECONDS)

    async def _look(self, search: RunSearch) -> Logged:
        since = self._hub.clock() - REACH
        floor = RunId.floor(since)
        self._known = {each for each in self._known if each >= floor}
        recent = replace(search, since=max(search.since or since, since))
        async with self._hub.db.read(self._project_id) as tx:
            rows = await RunSearches(tx).ended(recent, tuple(self._known), size=MOST_AT_ONCE + 1)
        seen = rows[:MOST_AT_ONCE]
        self._known.update(run.id for run in seen)
        new = [run for run in reversed(seen) if self._is_new(run)]
        return Logged(tuple(new), has_more=len(rows) > MOST_AT_ONCE and len(new) == len(seen))

    def _is_new(self, run: Run) -> bool:
        if self._after is not None and run.id > self._after:
            return True
        return _ended_at(run) >= self._from


def _ended_at(run: Run) -> datetime:
    return run.started_at + timedelta(milliseconds=run.duration_ms)
