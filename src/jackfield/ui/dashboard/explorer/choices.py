"""The account and the action of a call: those that are chosen, and those that may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from jackfield.accounts.lookup.repo import find_accounts
from jackfield.accounts.models import Account
from jackfield.accounts.repo import Accounts
from jackfield.actions.models import AccountOfOtherProvider
from jackfield.actions.saved_calls.models import SavedCall
from jackfield.actions.saved_calls.repo import SavedCalls
from jackfield.agents.execution import LEAST_SIMILARITY
from jackfield.connectors.action import ActionInfo
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, encode
from jackfield.kit.secret_names import MASK
from jackfield.logs.runs.repo import Runs
from jackfield.projects.models import Project
from jackfield.runtime import Hub
from jackfield.search import service as search
from jackfield.search.service import Search
from jackfield.ui.dashboard.kept_inputs import kept_inputs
from jackfield.ui.rendering import hub_of

MOST_FOUND: Final = 20
_MOST_LISTED: Final = 400
_MOST_WORDS: Final = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """
    The account and the action of the page's address, as far as there are such.

    `inputs` are those of a saved call, or of a run that is prepared again. `problems` are what is
    wrong with the choice, `notes` what the operator should know of it.
    """

    account: Account | None
    action: ActionInfo | None
    saved: SavedCall | None
    inputs: Mapping[str, Json]
    problems: tuple[HubError, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return self.account is not None and self.action is not None and not self.problems


@dataclass(frozen=True, slots=True)
class AccountChoice:
    words: str
    accounts: Sequence[Account]


@dataclass(frozen=True, slots=True)
class ActionRow:
    """An action with its score in the search, if it was searched for."""

    action: ActionInfo
    score: float | None = None

    @property
    def is_for_agents(self) -> bool:
        """Whether agents that search with these words are shown it."""
        return self.score is None or self.score >= LEAST_SIMILARITY


@dataclass(frozen=True, slots=True)
class ActionChoice:
    """The actions of a connector, or those that words find; `total` is how many it has."""

    words: str
    rows: Sequence[ActionRow]
    total: int


async def chosen_of(request: Request, project: Project) -> Chosen:
    """Return what the address of the page names."""
    hub, asked = hub_of(request), request.query_params
    problems: list[HubError] = []
    notes: list[str] = []
    saved: SavedCall | None = None
    inputs: dict[str, Json] = {}
    account_id, action_id = asked.get("account", "").strip(), asked.get("action", "").strip()
    if call_id := asked.get("saved", ""):
        try:
            async with hub.db.read(project.id) as tx:
                saved = await SavedCalls(tx).get(call_id)
        except HubError as missing:
            problems.append(missing)
        else:
            action_id, inputs = action_id or saved.action_id, {**saved.inputs}
            account_id = account_id or saved.account_id or ""
    if run_id := asked.get("run", ""):
        try:
            action_id, account_id, inputs = await _of_run(hub, project, run_id, notes)
        except HubError as missing:
            problems.append(missing)
    account = await _account(hub, project, account_id, problems) if account_id else None
    action = _action(hub, action_id, problems) if action_id else None
    owner = None if action is None else hub.catalog.owner(action.id)
    if account and action and owner and owner.key != account.provider:
        problems.append(_of_other(account, action, owner.key))
    return Chosen(account, action, saved, inputs, tuple(problems), tuple(notes))


async def account_choice(
    hub: Hub, project: Project, words: str, action: ActionInfo | None
) -> AccountChoice:
    """Return the newest accounts that words find, of the action's connector if one is chosen."""
    words = words.strip()[:_MOST_WORDS]
    owner = None if action is None else hub.catalog.owner(action.id)
    provider = None if owner is None else owner.key
    async with hub.db.read(project.id) as tx:
        found = await find_accounts(tx, words, provider=provider, most=MOST_FOUND)
    return AccountChoice(words, found)


async def action_choice(hub: Hub, words: str, account: Account | None) -> ActionChoice:
    """Return the actions of an account's connector: those that agents find with words, or all."""
    words = words.strip()[:_MOST_WORDS]
    connector = None if account is None else hub.catalog.find(account.provider)
    if words:
        request = Search(words, connector=connector.key if connector else None, most=MOST_FOUND)
        found = await search.search(hub, request)
        return ActionChoice(words, [ActionRow(each.action, each.similarity) for each in found], 0)
    if connector is None:
        return ActionChoice(words, (), 0)
    listed = [each for each in connector.actions if not each.is_internal]
    rows = [ActionRow(each) for each in sorted(listed, key=lambda each: each.label)]
    return ActionChoice(words, rows[:_MOST_LISTED], len(rows))


async def _account(
    hub: Hub, project: Project, account_id: str, problems: list[HubError]
) -> Account | None:
    try:
        async with hub.db.read(project.id) as tx:
            return await Accounts(tx).get(account_id)
    except HubError as missing:
        problems.append(missing)
        return None


def _action(hub: Hub, action_id: str, problems: list[HubError]) -> ActionInfo | None:
    try:
        _, action = hub.catalog.action(action_id)
        # Compiled here, where what is wrong with its document can be said.
        action.schema  # noqa: B018
    except HubError as missing:
        problems.append(missing)
        return None
    return action


async def _of_run(
    hub: Hub, project: Project, run_id: str, notes: list[str]
) -> tuple[str, str, dict[str, Json]]:
    """Return the action, the account and the inputs of a run, as far as the log kept them."""
    async with hub.db.read(project.id) as tx:
        run = await Runs(tx).get(run_id)
        bodies = await Runs(tx).bodies(run.id)
    kept = kept_inputs(bodies)
    found = hub.catalog.find_action(run.action_id)
    known: Mapping[str, str] = {} if found is None else found[1].compiled.locations
    inputs: dict[str, Json] = {}
    masked: list[str] = []
    for values in (kept or {}).values():
        for name, value in values.items():
            if name not in known:
                continue
            if MASK in encode(value).decode():
                masked.append(name)
            else:
                inputs[name] = value
    if kept is None:
        notes.append("The inputs of this run were not kept: fill them in.")
    if masked:
        notes.append(f"Left out, because the log has no secrets: {', '.join(masked)}.")
    return run.action_id, run.account_id, inputs


def _of_other(account: Account, action: ActionInfo, owner: str) -> AccountOfOtherProvider:
    msg = (
        f"the action {action.id!r} is one of {owner!r}, and the account is linked to "
        f"{account.provider!r}: choose another account or another action"
    )
    return AccountOfOtherProvider(msg)
