"""Running an action for another agent: a task that completes, or fails and says why."""

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

import structlog

from jackfield.actions import service as actions
from jackfield.actions.models import RunRequest
from jackfield.agents import results
from jackfield.agents.a2a.messages import MessageRequest
from jackfield.agents.a2a.objects import Task, data_parts, text_part
from jackfield.agents.accounts import AccountSet
from jackfield.agents.param_styles import ACCOUNT, ParamStyle, place
from jackfield.idempotency import service as idempotency
from jackfield.idempotency.models import InvalidIdempotencyKey, StoredResponse
from jackfield.idempotency.service import IdempotentRequest
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, encode, parse
from jackfield.runtime import Hub

_OK: Final = 200
_INTERNAL: Final = 500
_CHECK: Final = "look at the provider whether what the action was to change is there"

_log = structlog.get_logger()


async def run(hub: Hub, reach: AccountSet, wish: MessageRequest, task: Task) -> dict[str, Json]:
    """Run the action of a wish to its end, and return the finished task; once for a key."""
    try:
        if wish.key is None or wish.is_dry_run:
            return await _run(hub, reach, wish, task)
        return await _run_once(hub, reach, wish, task)
    except HubError as error:
        if error.status >= _INTERNAL:
            _log.warning("a2a_failed", code=error.code, detail=error.detail, **error.context)
        return _failed(hub, wish, task, error)


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
    connector, action = hub.catalog.action(action_id)
    account = reach.choose(connector, inputs.get(ACCOUNT))
    if inputs.get(ACCOUNT) == account.id:
        del inputs[ACCOUNT]
    order = RunRequest(
        action_id=action_id,
        account_id=account.id,
        placed=place(action, inputs, ParamStyle.NESTED),
        source="a2a",
        dry_run=wish.is_dry_run,
    )
    outcome = await actions.run(hub, reach.project_id, order)
    result = await results.result(hub, reach.project_id, outcome)
    parts = data_parts(result, wish.form)
    if outcome.file is not None:
        parts.insert(0, _link(result))
    artifact = {"artifactId": str(uuid4()), "name": action_id, "parts": parts}
    return task.shown(task.status("completed", hub.clock()), [artifact])


async def _run_once(
    hub: Hub, reach: AccountSet, wish: MessageRequest, task: Task
) -> dict[str, Json]:
    if not isinstance(wish.key, str):
        raise InvalidIdempotencyKey
    accounts = sorted(each.id for each in reach.accounts)
    request = encode(["message", accounts, wish.form, wish.order])

    async def work() -> StoredResponse:
        return StoredResponse(_OK, encode(await _run(hub, reach, wish, task)))

    def refuse(error: HubError) -> StoredResponse:
        return StoredResponse(_OK, encode(_failed(hub, wish, task, error)))

    wanted = IdempotentRequest(wish.key, request, _CHECK)
    answer, _ = await idempotency.run_once(hub, reach.project_id, wanted, work, refuse=refuse)
    return parse(answer.body)


def _failed(hub: Hub, wish: MessageRequest, task: Task, error: HubError) -> dict[str, Json]:
    parts = [text_part(error.detail), *data_parts(results.refusal(error), wish.form)]
    return task.shown(task.status("failed", hub.clock(), parts))


def _link(result: Mapping[str, Json]) -> Json:
    """Return the link to a file as a part of its own."""
    about = result["file"]
    file = {"uri": result["download_url"], "name": about["name"], "mimeType": about["content_type"]}
    return {"kind": "file", "file": file}
