"""`tools/call`: running an action for a model, which learns from errors as from results."""

from collections.abc import Mapping
from itertools import islice
from typing import Final, NoReturn

from msgspec import Raw

from jackfield.accounts.models import Account
from jackfield.actions import service as actions
from jackfield.actions.files import service as files
from jackfield.actions.models import Order
from jackfield.actions.search import service as search
from jackfield.actions.search.service import Found, Search
from jackfield.connectors.catalog import ActionNotFound
from jackfield.connectors.connector import Connector
from jackfield.engine.call import Outcome
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.idempotency import service as idempotency
from jackfield.idempotency.models import Answer, InvalidIdempotencyKey
from jackfield.idempotency.service import Once
from jackfield.kit.errors import Fault, HubError, ProviderError, RateLimited
from jackfield.kit.json import Json, encode, parse
from jackfield.mcp import feedback
from jackfield.mcp.endpoint import Endpoint
from jackfield.mcp.styles import ACCOUNT, PLACES, ParamStyle, input_schema, place
from jackfield.runtime import Hub

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
        return _result(refusal(error), is_error=True)


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

    async def work() -> Answer:
        ran = await _run(hub, endpoint, name, arguments)
        return Answer(_OK, encode(_result(ran)))

    try:
        if not isinstance(key, str):
            raise InvalidIdempotencyKey
        answer, _ = await idempotency.once(
            hub, endpoint.project_id, Once(key, request, _CHECK), work, refuse=_refused
        )
    except HubError as error:
        if error.status == _INTERNAL:
            raise
        return _result(refusal(error), is_error=True)
    return parse(answer.body)


def _refused(error: HubError) -> Answer:
    return Answer(_OK, encode(_result(refusal(error), is_error=True)))


def refusal(error: HubError) -> dict[str, Json]:
    """Return what a model is told of an error: the same facts as over REST."""
    told: dict[str, Json] = {
        "isError": True,
        "statusCode": error.status,
        "code": error.code,
        "message": error.detail,
    }
    if error.faults:
        told["faults"] = [{"path": each.path, "message": each.message} for each in error.faults]
    if isinstance(error, ProviderError | RateLimited) and error.retry_after is not None:
        told["retry_after"] = max(1, round(error.retry_after))
    if isinstance(error, ProviderError) and error.answer is not None:
        told["provider_errors"] = [
            {
                "status": error.answer.status,
                "url": error.answer.url,
                "raw": error.answer.raw,
                "headers": error.answer.headers,
            }
        ]
    return told


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
    account, rest = _choose(endpoint, connector, arguments)
    placed = place(action, rest, style)
    order = Order(
        action_id=action_id,
        account_id=account.id,
        placed=placed,
        source="mcp",
        dry_run=endpoint.is_dry_run,
    )
    outcome = await actions.run(hub, endpoint.project_id, order)
    return {"isError": False, "result": await _answer(hub, endpoint, outcome)}


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


async def _answer(hub: Hub, endpoint: Endpoint, outcome: Outcome) -> Json:
    if outcome.file is not None:
        link = await files.link(hub, endpoint.project_id, outcome.file)
        return {
            "download_url": link.url,
            "expires_at": link.expires_at,
            "file": {
                "name": link.file.name or "file",
                "content_type": link.file.content_type,
                "content_length": len(link.file.content),
            },
        }
    result: dict[str, Json] = {**outcome.extra, "data": outcome.data, "next": outcome.next}
    if outcome.warnings:
        result["warnings"] = outcome.warnings
    return result


def _choose(
    endpoint: Endpoint, connector: Connector, arguments: Mapping[str, Json]
) -> tuple[Account, Mapping[str, Json]]:
    """Return the account a tool is to be used with, and the arguments that are left."""
    usable = [each for each in endpoint.accounts if each.provider == connector.key]
    named = arguments.get(ACCOUNT)
    if isinstance(named, str) and named in endpoint.unusable:
        raise endpoint.unusable[named]
    chosen = [each for each in usable if each.id == named]
    if chosen:
        return chosen[0], {name: value for name, value in arguments.items() if name != ACCOUNT}
    if not usable:
        msg = f"none of this endpoint's accounts is linked to {connector.key!r}"
        raise ActionNotFound(msg)
    if len(usable) > 1:
        _refuse(ACCOUNT, f"must be one of {', '.join(each.id for each in usable)}")
    return usable[0], arguments


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
