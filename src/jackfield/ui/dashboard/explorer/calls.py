"""Runs and dry runs of the Explorer, by the way that every call takes."""

import hashlib
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from jackfield.actions import service as actions
from jackfield.actions.models import AnswerNotKept, OutcomeUnknown, RunRequest
from jackfield.actions.repeated_writes import forget_delivered
from jackfield.connectors.action import ActionInfo
from jackfield.idempotency import service as idempotency
from jackfield.idempotency.models import IdempotencyUnknown, StoredResponse
from jackfield.idempotency.service import IdempotentRequest
from jackfield.kit import request_context
from jackfield.kit.errors import HubError
from jackfield.kit.headers import RequestHeaders
from jackfield.kit.ids import RequestId
from jackfield.kit.json import Json, decode, encode
from jackfield.logs.runs.sources import RunSource
from jackfield.projects.models import Project
from jackfield.runtime import Hub
from jackfield.ui.dashboard.explorer.outcome import (
    Outcome,
    dry_outcome,
    failed_outcome,
    outcome_of,
)
from jackfield.ui.dashboard.explorer.snippets import located
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.rendering import hub_of

_CHECK: Final = "look in the Logs, and at the provider, whether it took effect"
_UNKNOWN: Final = frozenset({OutcomeUnknown.code, IdempotencyUnknown.code, AnswerNotKept.code})
_PREFIX: Final = "explorer-"


@dataclass(frozen=True, slots=True)
class Press:
    """
    A call that is to be made.

    `key` is that of a write, which is done once for it. `is_checked` says that the operator has
    looked at the provider after an outcome that is unknown.
    """

    action: ActionInfo
    account_id: str
    inputs: dict[str, Json]
    cursor: str | None = None
    key: str = ""
    is_checked: bool = False

    @property
    def fingerprint(self) -> str:
        """What is to be done, in short: the second press must be for the same as the first."""
        content: Json = [self.action.id, self.account_id, self.inputs, self.cursor]
        return hashlib.sha256(encode(content)).hexdigest()

    def request(self, *, dry_run: bool = False) -> RunRequest:
        return RunRequest(
            action_id=self.action.id,
            account_id=self.account_id,
            arguments=located(self.action.compiled, self.inputs),
            cursor=self.cursor,
            source=RunSource.DASHBOARD,
            dry_run=dry_run,
            debug=True,
        )


async def dry_run(request: Request, project: Project, press: Press) -> Outcome:
    """Return the request that a call would begin with; nothing is sent."""
    hub = hub_of(request)
    try:
        result = await actions.run(hub, project.id, actor_of(request), press.request(dry_run=True))
    except HubError as error:
        return failed_outcome(error, is_dry_run=True)
    return dry_outcome(result)


async def run(request: Request, project: Project, press: Press) -> Outcome:
    """Run a read, or a write that was pressed twice; a write is done once for its key."""
    hub = hub_of(request)
    bound = request_context.bind(
        RequestId.new(hub.clock()), RequestHeaders(request.scope["headers"])
    )
    bound.project_id = project.id
    bound.is_client_gone = request.is_disconnected
    try:
        if press.action.only_reads:
            return await _run(hub, project, request, press)
        return await _run_once(hub, project, request, press)
    except HubError as error:
        return failed_outcome(error, bound.request_id)
    finally:
        if not await request.is_disconnected():
            forget_delivered(hub, bound)
        request_context.forget()
        await hub.write_buffer.flush()


async def _run(hub: Hub, project: Project, request: Request, press: Press) -> Outcome:
    bound, actor = request_context.current(), actor_of(request)
    assert bound is not None
    # The key is that of the press. Whether an equal write is done again after an outcome that is
    # unknown, the operator decides.
    bound.has_idempotency_key = press.is_checked
    result = await actions.run(hub, project.id, actor, press.request())
    return await outcome_of(hub, project.id, actor, result, bound.request_id)


async def _run_once(hub: Hub, project: Project, request: Request, press: Press) -> Outcome:
    async def work() -> StoredResponse:
        return StoredResponse(200, encode(await _run(hub, project, request, press)))

    def refuse(error: HubError) -> StoredResponse:
        bound = request_context.current()
        assert bound is not None
        return StoredResponse(error.status, encode(failed_outcome(error, bound.request_id)))

    stored, _ = await idempotency.run_once(
        hub,
        project.id,
        actor_of(request),
        IdempotentRequest(f"{_PREFIX}{press.key}", encode(press.fingerprint), _CHECK),
        work,
        refuse=refuse,
    )
    return decode(stored.body, Outcome)


def is_unknown(outcome: Outcome) -> bool:
    """Return whether a write may have been carried out."""
    return outcome.failure is not None and outcome.failure.code in _UNKNOWN
