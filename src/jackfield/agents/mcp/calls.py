"""`tools/call`: running an action for a model, which learns from errors as from results."""

from collections.abc import Mapping
from itertools import islice
from typing import Final, NoReturn

from msgspec import Raw

from jackfield.accounts.models import Account
from jackfield.actions import service as actions
from jackfield.actions.models import RunRequest
from jackfield.agents import results
from jackfield.agents.mcp import feedback
from jackfield.agents.mcp.endpoint import Endpoint
from jackfield.agents.param_styles import ACCOUNT, PLACES, ParamStyle, input_schema, place
from jackfield.connectors.catalog import ActionNotFound
from jackfield.connectors.connector import Connector
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.idempotency import service as idempotency
from jackfield.idempotency.models import InvalidIdempotencyKey, StoredResponse
from jackfield.idempotency.service import IdempotentRequest
from jackfield.kit.errors import Fault, HubError
from jackfield.kit.json import Json, encode, parse
from jackfield.runtime import Hub
from jackfield.search import service as search
from jackfield.search.service import Found, Search

_SEARCH: Final = "_search_actions"
_EXECUTE: Final = "_execute_action"
_USUAL_TOP: Final = 5
_MOST_TOP: Final = 50
_INTERNAL: Final = 500
_OK: Final = 200
_CHECK: Final = "look at the provider whether what the tool was to change is there"


async def call(
    hub: Hub, endpoint: Endpoint, name: str, arguments: Mapping[str, Json]
) -> dict[str, Json]:
    """
    Run a tool and return its result; what a model can mend is a result too.

    Raises:
        HubError: it is ours to mend.
    """
    try:
        return _result(await _run(hub, endpoint, name, arguments))
    except HubError as error:
        if error.status == _INTERNAL:
            raise
        return _result(_refusal(error), is_error=True)


async def call_once(
    hub: Hub, endpoint: Endpoint, name: str, arguments: Mapping[str, Json], *, key: Json
) -> dict[str, Json]:
    """
    Run a tool once for a key, and return its result each time it is asked for.

    Raises:
        HubError: it is ours to mend.
    """
    accounts = sorted(each.id for each in endpoint.accounts)
    request = encode(["tools/call", accounts, endpoint.style, name, arguments])

    async def work() -> StoredResponse:
        ran = await _run(hub, endpoint, name, arguments)
        return StoredResponse(_OK, encode(_result(ran)))

    try:
        if not isinstance(key, str):
            raise InvalidIdempotencyKey
        answer, _ = await idempotency.run_once(
            hub, endpoint.project_id, IdempotentRequest(key, request, _CHECK), work, refuse=_refused
        )
    except HubError as error:
        if error.status == _INTERNAL:
            raise
        return _result(_refusal(error), is_error=True)
    return parse(answer.body)


def _refused(error: HubError) -> StoredResponse:
    return StoredResponse(_OK, encode(_result(_refusal(error), is_error=True)))


def _refusal(error: HubError) -> dict[str, Json]:
    return {"isError": True, **results.refusal(error)}


async def _run(hub: Hub, endpoint: Endpoint, name: str, arguments: Mapping[str, Json]) -> Json:
    if name == feedback.NAME and endpoint.takes_feedback:
        return await feedback.submit(hub, endpoint, arguments)
    owner = hub.catalog.owner(name)
    if owner is not None and owner.find_action(name) is not None:
        return await _act(hub, endpoint, name, arguments, style=endpoint.style)
    if owner is not None and owner.key in {account.provider for account in endpoint.accounts}:
        if name == f"{owner.key}{_SEARCH}":
            return await _find(hub, endpoint, owner, arguments)
        if name == f"{owner.key}{_EXECUTE}":
            return await _execute(hub, endpoint, owner, arguments)
    msg = f"there is no tool {name[:128]!r} here; tools/list names those there are"
    raise ActionNotFound(msg)


async def _find(
    hub: Hub, endpoint: Endpoint, connector: Connector, arguments: Mapping[str, Json]
) -> Json:
    query, most = arguments.get("query"), arguments.get("top_k", _USUAL_TOP)
    if not isinstance(query, str) or not query.strip():
        _refuse("query", "must be a text that says what is to be done")
    if not isinstance(most, int) or not 1 <= most <= _MOST_TOP:
        _refuse("top_k", f"must be a whole number from 1 to {_MOST_TOP}")
    near = await search.search(
        hub, Search(query, connector=connector.key, most=len(connector.actions))
    )
    found = (each for each in near if endpoint.allows(each.action.id, provider=connector.key))
    described = (_described(each) for each in found)
    return {"actions": list(islice((each for each in described if each), most))}


async def _execute(
    hub: Hub, endpoint: Endpoint, connector: Connector, arguments: Mapping[str, Json]
) -> Json:
    action_id = arguments.get("action_id")
    if not isinstance(action_id, str) or not action_id:
        _refuse("action_id", f"is required; find one with {connector.key}{_SEARCH}")
    if not action_id.startswith(f"{connector.key}_"):
        action_id = f"{connector.key}_{action_id}"
    known = (*PLACES, ACCOUNT)
    inputs = {name: value for name, value in arguments.items() if name in known}
    return await _act(hub, endpoint, action_id, inputs, style=ParamStyle.NESTED)


async def _act(
    hub: Hub,
    endpoint: Endpoint,
    action_id: str,
    arguments: Mapping[str, Json],
    *,
    style: ParamStyle,
) -> Json:
    connector, action = hub.catalog.action(action_id)
    account = endpoint.choose(connector, arguments.get(ACCOUNT))
    placed = place(action, _without(arguments, account), style)
    order = RunRequest(
        action_id=action_id,
        account_id=account.id,
        placed=placed,
        source="mcp",
        dry_run=endpoint.is_dry_run,
    )
    outcome = await actions.run(hub, endpoint.project_id, order)
    return {"isError": False, "result": await results.result(hub, endpoint.project_id, outcome)}


def _described(found: Found) -> dict[str, Json] | None:
    action = found.action
    try:
        schema = input_schema(action.compiled, ParamStyle.NESTED)
    except HubError:
        # It cannot be run as its document stands; the catalog's findings say why.
        return None
    return {
        "action_id": action.id,
        "description": f"{action.label}. {action.description}",
        "similarity_score": found.similarity,
        "input_schema": schema,
    }


def _without(arguments: Mapping[str, Json], account: Account) -> Mapping[str, Json]:
    """Leave the name of the account out: what else is called so is the action's own input."""
    if arguments.get(ACCOUNT) != account.id:
        return arguments
    return {name: value for name, value in arguments.items() if name != ACCOUNT}


def _result(payload: Json, *, is_error: bool = False) -> dict[str, Json]:
    """Say the same as text, which every client reads, and as structured content."""
    content = encode(payload)
    return {
        "content": [{"type": "text", "text": content.decode()}],
        "structuredContent": Raw(content),
        "isError": is_error,
    }


def _refuse(name: str, words: str) -> NoReturn:
    msg = f"{name} {words}"
    raise InvalidInputs(msg, faults=[Fault(name, words)])
