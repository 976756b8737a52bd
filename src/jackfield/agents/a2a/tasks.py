"""A2A tasks: one action run each, completed or failed."""

from collections.abc import Mapping
from functools import partial
from typing import Final
from uuid import uuid4

import structlog

from jackfield.agents import results
from jackfield.agents.a2a.messages import MessageRequest
from jackfield.agents.a2a.objects import Task, data_parts, text_part
from jackfield.agents.accounts import AccountSet
from jackfield.agents.execution import ActionCall, IdempotentCall, run_action, run_once
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json
from jackfield.logs.runs.sources import RunSource
from jackfield.runtime import Hub

_INTERNAL: Final = 500
_CHECK: Final = "look at the provider whether what the action was to change is there"

_log = structlog.get_logger()


async def run(
    hub: Hub, account_set: AccountSet, request: MessageRequest, task: Task
) -> dict[str, Json]:
    """Run the action of a message, once for its key, and return the finished task."""
    accounts = sorted(account.id for account in account_set.accounts)

    def failed(error: HubError) -> dict[str, Json]:
        return _failed(hub, request, task, error)

    try:
        return await run_once(
            hub,
            account_set,
            IdempotentCall(
                None if request.is_dry_run else request.key,
                ["message", accounts, request.output_mode, request.action_call],
                _CHECK,
            ),
            partial(_run, hub, account_set, request, task),
            refuse=failed,
        )
    except HubError as error:
        if error.status >= _INTERNAL:
            _log.warning("a2a_failed", code=error.code, detail=error.detail, **error.context)
        return failed(error)


async def run_aside(
    hub: Hub, account_set: AccountSet, request: MessageRequest, task: Task
) -> dict[str, Json]:
    """Run like `run` in a task of its own: a crash is logged and becomes a failed task."""
    try:
        return await run(hub, account_set, request, task)
    except Exception as crash:  # noqa: BLE001 - as at the edge: the one place they end
        _log.error("a2a_crashed", exc_info=crash)
        return _failed(hub, request, task, HubError())


async def _run(
    hub: Hub, account_set: AccountSet, request: MessageRequest, task: Task
) -> dict[str, Json]:
    assert request.action_call is not None
    inputs = dict(request.action_call)
    action_id = str(inputs.pop("action"))
    call = ActionCall(action_id, inputs, RunSource.A2A, is_dry_run=request.is_dry_run)
    result = await run_action(hub, account_set, call)
    parts = data_parts(result.content, request.output_mode)
    if result.is_file:
        parts.insert(0, _link(result.content))
    artifact = {"artifactId": str(uuid4()), "name": action_id, "parts": parts}
    return task.render(task.status("completed", hub.clock()), [artifact])


def _failed(hub: Hub, request: MessageRequest, task: Task, error: HubError) -> dict[str, Json]:
    parts = [text_part(error.detail), *data_parts(results.refusal(error), request.output_mode)]
    return task.render(task.status("failed", hub.clock(), parts))


def _link(result: Mapping[str, Json]) -> Json:
    """Return the link to a file as a file part."""
    file, uri = result["file"], result["download_url"]
    content = {"uri": uri, "name": file["name"], "mimeType": file["content_type"]}
    return {"kind": "file", "file": content}
