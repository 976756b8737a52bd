"""The way of an agent's call from words or a name to a result, whatever protocol it speaks."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from jackfield.accounts.models import Account
from jackfield.actions import service as actions
from jackfield.actions.models import RunRequest
from jackfield.agents import results
from jackfield.agents.accounts import AccountSet
from jackfield.agents.names import ACCOUNT
from jackfield.agents.param_styles import ParamStyle, arguments_by_location, find_schema
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector
from jackfield.idempotency import service as idempotency
from jackfield.idempotency.models import InvalidIdempotencyKey, StoredResponse
from jackfield.idempotency.service import IdempotentRequest
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, encode, parse
from jackfield.kit.large_json_output import encode_aside
from jackfield.logs.runs.sources import RunSource
from jackfield.runtime import Hub
from jackfield.search import service as search
from jackfield.search.service import Found, Search

_OK: Final = 200
# What is less like the words is no answer: a model takes whatever it is given.
LEAST_SIMILARITY: Final = 0.3


@dataclass(frozen=True, slots=True)
class Candidate:
    """An action that matches an agent's query, with the schema of its inputs by location."""

    action: ActionInfo
    connector: Connector
    similarity: float
    schema: dict[str, Json]


@dataclass(frozen=True, slots=True)
class ActionCall:
    """A call of an action by an agent, with `arguments` in the given `style`."""

    action_id: str
    arguments: Mapping[str, Json]
    source: RunSource
    style: ParamStyle = ParamStyle.NESTED
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class IdempotentCall:
    """A call that is done once for its `key`, or every time if that is null.

    `request` must be the same in every call with the key; `check` says how to find out the result
    of an earlier call if it is unknown.
    """

    key: Json
    request: Json
    check: str


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The result of an action for an agent; a file is returned as a link."""

    content: dict[str, Json]
    is_file: bool


async def find_actions(
    hub: Hub, account_set: AccountSet, query: str, *, most: int, connector: Connector | None = None
) -> list[Candidate]:
    """Return the actions that best match `query` and that one of the accounts may run."""
    connectors = hub.catalog.connectors() if connector is None else (connector,)
    request = Search(
        query,
        connector=None if connector is None else connector.key,
        most=sum(len(each.actions) for each in connectors),
        min_similarity=LEAST_SIMILARITY,
    )
    return list(islice(_candidates(await search.search(hub, request), account_set), most))


async def unmatched_words(
    hub: Hub, account_set: AccountSet, query: str, *, connector: Connector | None = None
) -> list[str]:
    """Return the words of `query` that no action of the accounts' connectors has."""
    providers = dict.fromkeys(account.provider for account in account_set.accounts)
    keys = list(providers) if connector is None else [connector.key]
    return await search.unmatched(hub, query, connectors=keys)


async def run_action(hub: Hub, account_set: AccountSet, call: ActionCall) -> ActionResult:
    """
    Run an action with the account in its arguments, or the only one.

    Raises:
        HubError: the action or the account cannot be used, or the run failed.
    """
    connector, action = hub.catalog.action(call.action_id)
    account = account_set.choose(connector, call.arguments.get(ACCOUNT))
    for access in account_set.usable:
        if access.account is account and access.profile.pinned_version is not None:
            # In the version that it is pinned to, its inputs may be elsewhere.
            action = access.connector.find_action(call.action_id) or action
    request = RunRequest(
        action_id=call.action_id,
        account_id=account.id,
        arguments=arguments_by_location(
            action.compiled, _without_account(call.arguments, account), call.style
        ),
        source=call.source,
        dry_run=call.is_dry_run,
        key=account_set.key,
    )
    outcome = await actions.run(hub, account_set.project_id, account_set.actor, request)
    content = await results.result(hub, account_set.project_id, account_set.actor, outcome)
    return ActionResult(content, is_file=outcome.file is not None)


async def run_once(
    hub: Hub,
    account_set: AccountSet,
    call: IdempotentCall,
    work: Callable[[], Awaitable[dict[str, Json]]],
    *,
    refuse: Callable[[HubError], dict[str, Json]],
) -> dict[str, Json]:
    """
    Return the result of `work`, or the stored result of an earlier call with the same key.

    A failure is stored as `refuse` renders it.

    Raises:
        InvalidIdempotencyKey: the key is not a string, or has the wrong form.
        HubError: the work failed, or the key cannot be used for this request.
    """
    if call.key is None:
        return await work()
    if not isinstance(call.key, str):
        raise InvalidIdempotencyKey

    async def store() -> StoredResponse:
        return StoredResponse(_OK, await encode_aside(await work()))

    stored, _ = await idempotency.run_once(
        hub,
        account_set.project_id,
        account_set.actor,
        IdempotentRequest(call.key, encode(call.request), call.check),
        store,
        refuse=lambda error: StoredResponse(_OK, encode(refuse(error))),
    )
    return parse(stored.body)


def _candidates(matches: list[Found], account_set: AccountSet) -> Iterator[Candidate]:
    for match in matches:
        if account_set.allows(match.action.id, provider=match.connector.key):
            schema = find_schema(match.action, ParamStyle.NESTED)
            if schema is not None:
                yield Candidate(match.action, match.connector, match.similarity, schema)


def _without_account(arguments: Mapping[str, Json], account: Account) -> Mapping[str, Json]:
    """Return the arguments without the account; any other `account_id` is the action's own input."""
    if arguments.get(ACCOUNT) != account.id:
        return arguments
    return {name: value for name, value in arguments.items() if name != ACCOUNT}
