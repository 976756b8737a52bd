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
from jackfield.agents.param_styles import ACCOUNT, ParamStyle, find_schema, place
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector
from jackfield.idempotency import service as idempotency
from jackfield.idempotency.models import InvalidIdempotencyKey, StoredResponse
from jackfield.idempotency.service import IdempotentRequest
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, encode, parse
from jackfield.logs.runs.sources import RunSource
from jackfield.runtime import Hub
from jackfield.search import service as search
from jackfield.search.service import Found, Search

_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """An action that fits an agent's words, with the schema of its inputs by location."""

    action: ActionInfo
    connector: Connector
    similarity: float
    schema: dict[str, Json]


@dataclass(frozen=True, slots=True)
class ActionCall:
    """An action that an agent names, with its `arguments` as `style` has them."""

    action_id: str
    arguments: Mapping[str, Json]
    source: RunSource
    style: ParamStyle = ParamStyle.NESTED
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True)
class IdempotentCall:
    """A call that is done once for its `key`; each time it arrives, if that is null.

    `request` is what a repeated call must have in common with the first, `check` what to do where
    the outcome of the first is unknown.
    """

    key: Json
    request: Json
    check: str


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The result of an action as an agent reads it; a file is a link in it."""

    content: dict[str, Json]
    is_file: bool


async def find_actions(
    hub: Hub, reach: AccountSet, query: str, *, most: int, connector: Connector | None = None
) -> list[Candidate]:
    """Return the actions nearest to `query` that one of the accounts may run, best first."""
    among = hub.catalog.connectors() if connector is None else (connector,)
    wanted = Search(
        query,
        connector=None if connector is None else connector.key,
        most=sum(len(each.actions) for each in among),
    )
    return list(islice(_candidates(await search.search(hub, wanted), reach), most))


async def run_action(hub: Hub, reach: AccountSet, call: ActionCall) -> ActionResult:
    """
    Run an action with the account that its arguments name, or the only one there is.

    Raises:
        HubError: the action or the account cannot be used, or the run failed.
    """
    connector, action = hub.catalog.action(call.action_id)
    account = reach.choose(connector, call.arguments.get(ACCOUNT))
    order = RunRequest(
        action_id=call.action_id,
        account_id=account.id,
        placed=place(action, _without(call.arguments, account), call.style),
        source=call.source,
        dry_run=call.is_dry_run,
    )
    outcome = await actions.run(hub, reach.project_id, reach.actor, order)
    content = await results.result(hub, reach.project_id, reach.actor, outcome)
    return ActionResult(content, is_file=outcome.file is not None)


async def run_once(
    hub: Hub,
    reach: AccountSet,
    call: IdempotentCall,
    work: Callable[[], Awaitable[dict[str, Json]]],
    *,
    refuse: Callable[[HubError], dict[str, Json]],
) -> dict[str, Json]:
    """
    Return the result of `work`, or what a call with the same key resulted in before.

    A failure is kept as `refuse` shows it.

    Raises:
        InvalidIdempotencyKey: the key is no text, or not a good one.
        HubError: the work was refused, or the key cannot be used for this request.
    """
    if call.key is None:
        return await work()
    if not isinstance(call.key, str):
        raise InvalidIdempotencyKey

    async def answer() -> StoredResponse:
        return StoredResponse(_OK, encode(await work()))

    kept, _ = await idempotency.run_once(
        hub,
        reach.project_id,
        reach.actor,
        IdempotentRequest(call.key, encode(call.request), call.check),
        answer,
        refuse=lambda error: StoredResponse(_OK, encode(refuse(error))),
    )
    return parse(kept.body)


def _candidates(near: list[Found], reach: AccountSet) -> Iterator[Candidate]:
    for each in near:
        if reach.allows(each.action.id, provider=each.connector.key):
            schema = find_schema(each.action, ParamStyle.NESTED)
            if schema is not None:
                yield Candidate(each.action, each.connector, each.similarity, schema)


def _without(arguments: Mapping[str, Json], account: Account) -> Mapping[str, Json]:
    """Leave the name of the account out: what else is called so is the action's own input."""
    if arguments.get(ACCOUNT) != account.id:
        return arguments
    return {name: value for name, value in arguments.items() if name != ACCOUNT}
