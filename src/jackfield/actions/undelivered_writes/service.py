"""Undelivered outcomes of writes, told to the other processes: a client may repeat one there.

A process remembers the outcomes themselves (`kit/recent_writes.py`). Of those that seem not to
arrive it writes here that they are, and nothing of what is in them. Nothing is written of a write
that is answered as usual.
"""

import asyncio
import contextlib
from collections import defaultdict
from datetime import timedelta
from typing import Final

import structlog

from jackfield.actions.models import AnswerNotKept, OutcomeUnknown, WriteInProgress
from jackfield.actions.undelivered_writes.repo import UndeliveredWrites, WriteState, find_noted
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from jackfield.kit.recent_writes import LIFETIME, RecentWrite
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("undelivered_writes")
_MARKED: Final = b"undelivered write "
_PAUSE_SECONDS: Final = 0.1
_SOON_SECONDS: Final = 2.0
# Longer than any request lives.
_LONGEST_RUN: Final = timedelta(seconds=120)

_log = structlog.get_logger()


async def require_new(hub: Hub, project_id: ProjectId, digest: bytes) -> None:
    """
    Make sure that no other process has an equal write whose client knows no outcome of it.

    Raises:
        WriteInProgress: it still runs.
        AnswerNotKept: it was answered, to a client that was gone.
        OutcomeUnknown: it ended without a response, or its process did.
    """
    noted = await find_noted(
        hub.db, project_id, marks(hub, digest), process=hub.recent_writes.process
    )
    if noted is None:
        return
    if noted.state is WriteState.DONE:
        raise AnswerNotKept
    if noted.state is WriteState.RUNNING and hub.clock() < noted.noted_at + _LONGEST_RUN:
        raise WriteInProgress
    raise OutcomeUnknown


async def keep_noted(hub: Hub) -> None:
    """Note what changes until cancelled, and what is left then."""
    try:
        while True:
            await note(hub)
            await asyncio.sleep(_PAUSE_SECONDS)
    finally:
        await note(hub)


async def note_soon(hub: Hub) -> None:
    """Note what has changed before a client is answered, unless the database takes its time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SOON_SECONDS):
            await note(hub)


async def note(hub: Hub) -> None:
    """Note the writes of this process whose clients are gone, and drop those that arrived."""
    recent = hub.recent_writes
    changed: defaultdict[ProjectId, list[tuple[RecentWrite, WriteState | None]]]
    changed = defaultdict(list)
    for write in recent.all():
        state = await _state(write)
        if state is not None and state != write.noted_as:
            changed[write.project_id].append((write, state))
    for write in recent.take_forgotten():
        changed[write.project_id].append((write, None))
    for project_id, writes in changed.items():
        try:
            await _write(hub, project_id, writes)
        except HubError as error:
            _log.error("writes_not_noted", count=len(writes), code=error.code)


def mark(hub: Hub, digest: bytes) -> bytes:
    """Return what stands for a write in the database: a digest alone lets short inputs be guessed."""
    return hub.vault.sign(_MARKED + digest)


def marks(hub: Hub, digest: bytes) -> tuple[bytes, bytes]:
    """Return what may stand for a write: another key may have been current where it was noted."""
    return hub.vault.signatures(_MARKED + digest)


async def _write(
    hub: Hub, project_id: ProjectId, writes: list[tuple[RecentWrite, WriteState | None]]
) -> None:
    async with hub.db.write(project_id, ACTOR) as tx:
        undelivered = UndeliveredWrites(tx, hub.recent_writes.process)
        for write, state in writes:
            if state is None:
                await undelivered.forget(marks(hub, write.key))
            else:
                await undelivered.note(mark(hub, write.key), state, expires_at=tx.now + LIFETIME)
    for write, state in writes:
        write.noted_as = state


async def _state(write: RecentWrite) -> WriteState | None:
    """Return what others are to know of a write; nothing if its client will soon know itself."""
    if not write.is_done:
        return WriteState.RUNNING if await write.is_gone() else None
    if isinstance(write.error, OutcomeUnknown):
        return WriteState.UNKNOWN
    if not write.was_done:
        # Its response may be on its way: the next time it should be forgotten.
        write.was_done = True
        return None
    if write.error is None or isinstance(write.error, AnswerNotKept):
        return WriteState.DONE
    return WriteState.UNKNOWN
