"""Repetition of writes by clients that never learned what became of the first."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from jackfield.actions.models import AnswerNotKept, OutcomeUnknown, WriteInProgress
from jackfield.actions.undelivered_writes import service as undelivered
from jackfield.kit import request_context
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, encode
from jackfield.kit.recent_writes import RecentWrite, bare
from jackfield.runtime import Hub

T = TypeVar("T")


async def run_unless_repeated(hub: Hub, write: Json, work: Callable[[], Awaitable[T]]) -> T:
    """
    Return the result of `work`, or the outcome of an equal `write` that did not reach its client.

    Clients repeat what broke off. A write whose outcome is unknown, or whose client hung up before
    its response, is remembered for a while by API key and by what it was to do. Equal writes that
    were answered run again, and an `Idempotency-Key` decides instead of all this.

    Raises:
        WriteInProgress: the first one still runs.
        AnswerNotKept: the first one was answered, with more than is kept, or in another process.
        HubError: of the work, or of the first write.
    """
    request = request_context.current()
    if request is None or request.is_client_gone is None or request.has_idempotency_key:
        return await work()
    if request.project_id is None:
        return await work()
    key = hashlib.sha256(encode([request.project_id, request.key_id, write])).digest()
    first = await hub.recent_writes.find(key)
    if first is not None:
        if not first.is_done:
            raise WriteInProgress
        request.writes.append(first)
        if first.error is not None:
            raise bare(first.error)
        return cast("T", first.result)
    await undelivered.require_new(hub, request.project_id, key)
    recent = hub.recent_writes.begin(request.project_id, key, request.is_client_gone)
    request.writes.append(recent)
    try:
        result = await work()
    except HubError as error:
        if error.may_have_written:
            _finish(hub, recent, error=error)
            if isinstance(error, OutcomeUnknown):
                # Before the client knows, who may repeat it at once.
                await undelivered.note_soon(hub)
        else:
            hub.recent_writes.forget(recent)
        raise
    except BaseException:
        # Cancelled, or a fault of the hub: the provider may have carried it out by then.
        _finish(hub, recent, error=OutcomeUnknown())
        raise
    _finish(hub, recent, result=result)
    return result


def _finish(
    hub: Hub, write: RecentWrite, *, result: object = None, error: HubError | None = None
) -> None:
    hub.recent_writes.finish(write, result=result, error=error, not_kept=AnswerNotKept())


def forget_delivered(hub: Hub, request: request_context.RequestContext) -> None:
    """Forget the writes of a request whose response is on its way to a client that waits for it."""
    for write in request.writes:
        if write.is_done and not isinstance(write.error, OutcomeUnknown):
            hub.recent_writes.forget(write)
