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


async def run(hub: Hub, reach: AccountSet, wish: MessageRequest, task: Task) -> dict[str, Json]:
    """Run the action of a wish to its end, and return the finished task; once for a key."""
    accounts = sorted(each.id for each in reach.accounts)

    def failed(error: HubError) -> dict[str, Json]:
        return _failed(hub, wish, task, error)

    try:
        return await run_once(
            hub,
            reach,
            IdempotentCall(
                None if wish.is_dry_run else wish.key,
                ["message", accounts, wish.form, wish.order],
                _CHECK,
            ),
            partial(_run, hub, reach, wish, task),
            refuse=failed,
        )
    except HubError as error:
        if error.status >= _INTERNAL:
            _log.warning("a2a_failed", code=error.code, detail=error.detail, **error.context)
        return failed(error)


async def run_aside(
    hub: Hub, reach: AccountSet, wish: MessageRequest, task: Task
) -> dict[str, Json]:
    """Run as `run` does, where nobody stands behind who would answer for a crash."""
    try:
        return await run(hub, reach, wish, task)
    except Exception as crash:  # noqa: BLE001 - as at the edge: the one place they end
        _log.error("a2a_crashed", exc_info=crash)
        return _failed(hub, wish, task, HubError())


async def _run(hub: Hub, reach: AccountSet, wish: MessageRequest, task: Task) -> dict[str, Json]:
    assert wish.order is not None
    inputs = dict(wish.order)
    action_id = str(inputs.pop("action"))
    called = ActionCall(action_id, inputs, RunSource.A2A, is_dry_run=wish.is_dry_run)
    result = await run_action(hub, reach, called)
    parts = data_parts(result.content, wish.form)
    if result.is_file:
        parts.insert(0, _link(result.content))
    artifact = {"artifactId": str(uuid4()), "name": action_id, "parts": parts}
    return task.shown(task.status("completed", hub.clock()), [artifact])


def _failed(hub: Hub, wish: MessageRequest, task: Task, error: HubError) -> dict[str, Json]:
    parts = [text_part(error.detail), *data_parts(results.refusal(error), wish.form)]
    return task.shown(task.status("failed", hub.clock(), parts))


def _link(result: Mapping[str, Json]) -> Json:
    """Return the link to a file as a part of its own."""
    about = result["file"]
    file = {"uri": result["download_url"], "name": about["name"], "mimeType": about["content_type"]}
    return {"kind": "file", "file": file}
