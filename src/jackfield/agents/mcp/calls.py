"""`tools/call`: action runs for a model, with errors as results that it can act on."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NoReturn

from msgspec import Raw

from jackfield.agents import results
from jackfield.agents.descriptions import LONG, describe
from jackfield.agents.execution import (
    ActionCall,
    Candidate,
    IdempotentCall,
    find_actions,
    run_action,
    run_once,
    unmatched_words,
)
from jackfield.agents.mcp import feedback
from jackfield.agents.mcp.endpoint import Endpoint, ToolMode
from jackfield.agents.names import ACCOUNT, LOCATIONS, tool_name
from jackfield.agents.param_styles import ParamStyle
from jackfield.connectors.catalog import ActionNotFound
from jackfield.connectors.connector import Connector
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.errors import Fault, HubError
from jackfield.kit.json import Json, encode
from jackfield.kit.large_json_output import encode_aside
from jackfield.logs.runs.sources import RunSource
from jackfield.runtime import Hub
from jackfield.search.service import LONGEST_QUERY

_SEARCH: Final = "_search_actions"
_EXECUTE: Final = "_execute_action"
_USUAL_TOP: Final = 5
_MOST_TOP: Final = 50
_INTERNAL: Final = 500
_NOTHING: Final = (
    "No action of {title} that may be run here fits that. Say it in other words, by what is to be "
    "done and to what; if that finds nothing either, it cannot be done here."
)
_CHECK: Final = "look at the provider whether what the tool was to change is there"


async def call(
    hub: Hub, endpoint: Endpoint, name: str, arguments: Mapping[str, Json], *, key: Json = None
) -> dict[str, Json]:
    """
    Run a tool and return its result; an error that a model can correct is a result too.

    With a `key` the tool is run once, and its result is returned every time.

    Raises:
        HubError: an internal error.
    """
    accounts = sorted(each.id for each in endpoint.accounts)

    async def work() -> dict[str, Json]:
        return _result(await encode_aside(await _run(hub, endpoint, name, arguments)))

    try:
        return await run_once(
            hub,
            endpoint,
            IdempotentCall(
                None if endpoint.is_dry_run else key,
                ["tools/call", accounts, endpoint.style, name, arguments],
                _CHECK,
            ),
            work,
            refuse=_refused,
        )
    except HubError as error:
        if error.status == _INTERNAL:
            raise
        return _refused(error)


def _refused(error: HubError) -> dict[str, Json]:
    return _result(encode({"isError": True, **results.refusal(error)}), is_error=True)


async def _run(hub: Hub, endpoint: Endpoint, name: str, arguments: Mapping[str, Json]) -> Json:
    if name == feedback.NAME and endpoint.takes_feedback:
        return await feedback.submit(hub, endpoint, arguments)
    providers = dict.fromkeys(account.provider for account in endpoint.accounts)
    linked = [found for key in providers if (found := hub.catalog.find(key)) is not None]
    action_id = _action_id(hub, linked, name)
    if action_id is None or endpoint.mode is ToolMode.SEARCH_EXECUTE:
        for connector in linked:
            if name == tool_name(f"{connector.key}{_SEARCH}"):
                return await _find(hub, endpoint, connector, arguments)
            if name == tool_name(f"{connector.key}{_EXECUTE}"):
                return await _execute(hub, endpoint, connector, arguments)
    if action_id is not None:
        return await _run_action(hub, endpoint, action_id, arguments, style=endpoint.style)
    msg = f"there is no tool {name[:128]!r} here; tools/list names those there are"
    raise ActionNotFound(msg)


def _action_id(hub: Hub, linked: Sequence[Connector], name: str) -> str | None:
    """Return the id of the action that a tool of this name runs."""
    owner = hub.catalog.owner(name)
    if owner is not None and owner.find_action(name) is not None:
        return name
    ids = (action.id for connector in linked for action in connector.actions)
    found = next((each for each in ids if tool_name(each) == name), None)
    if found is None and hub.catalog.find_action(name) is not None:
        return name
    return found


async def _find(
    hub: Hub, endpoint: Endpoint, connector: Connector, arguments: Mapping[str, Json]
) -> Json:
    _require_known(arguments, ("query", "top_k", ACCOUNT), "is not an argument of this tool")
    query, most = arguments.get("query"), arguments.get("top_k", _USUAL_TOP)
    if not isinstance(query, str) or not query.strip():
        _refuse("query", "must be a text that says what is to be done")
    if len(query) > LONGEST_QUERY:
        _refuse("query", f"must have at most {LONGEST_QUERY} characters")
    if not isinstance(most, int) or not 1 <= most <= _MOST_TOP:
        _refuse("top_k", f"must be a whole number from 1 to {_MOST_TOP}")
    candidates = await find_actions(hub, endpoint, query, most=most, connector=connector)
    found: dict[str, Json] = {"actions": [_description(candidate) for candidate in candidates]}
    if not candidates:
        found["hint"] = _NOTHING.format(title=connector.title)
    if unmatched := await unmatched_words(hub, endpoint, query, connector=connector):
        found["unmatched_words"] = unmatched
    return found


async def _execute(
    hub: Hub, endpoint: Endpoint, connector: Connector, arguments: Mapping[str, Json]
) -> Json:
    action_id = arguments.get("action_id")
    if not isinstance(action_id, str) or not action_id:
        _refuse("action_id", f"is required; find one with {connector.key}{_SEARCH}")
    prefixed = f"{connector.key}_{action_id}"
    if not action_id.startswith(f"{connector.key}_") or (
        connector.find_action(action_id) is None and connector.find_action(prefixed) is not None
    ):
        action_id = prefixed
    _require_known(
        arguments,
        ("action_id", "session_id", ACCOUNT, *LOCATIONS),
        "is not an argument of this tool: inputs go into path, query, headers or body, where the "
        "action's input_schema has them",
    )
    inputs = {n: value for n, value in arguments.items() if n in (*LOCATIONS, ACCOUNT)}
    return await _run_action(hub, endpoint, action_id, inputs, style=ParamStyle.NESTED)


async def _run_action(
    hub: Hub,
    endpoint: Endpoint,
    action_id: str,
    arguments: Mapping[str, Json],
    *,
    style: ParamStyle,
) -> Json:
    action_call = ActionCall(
        action_id, arguments, RunSource.MCP, style=style, is_dry_run=endpoint.is_dry_run
    )
    result = await run_action(hub, endpoint, action_call)
    return {"isError": False, "result": result.content}


def _description(candidate: Candidate) -> dict[str, Json]:
    action = candidate.action
    return {
        "action_id": action.id,
        "description": f"{action.label}. {describe(action, most=LONG)}",
        "similarity_score": candidate.similarity,
        "input_schema": candidate.schema,
    }


def _result(content: bytes, *, is_error: bool = False) -> dict[str, Json]:
    """Return JSON as text, which every client reads, and as structured content."""
    return {
        "content": [{"type": "text", "text": content.decode()}],
        "structuredContent": Raw(content),
        "isError": is_error,
    }


def _require_known(arguments: Mapping[str, Json], known: Collection[str], words: str) -> None:
    for name in arguments:
        if name not in known:
            _refuse(name[:64], words)


def _refuse(name: str, words: str) -> NoReturn:
    msg = f"{name} {words}"
    raise InvalidInputs(msg, faults=[Fault(name, words)])
