"""The accounts that one agent request may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.accounts.access import AccountAccess, load_usable
from jackfield.accounts.models import Account
from jackfield.agents.param_styles import ACCOUNT
from jackfield.connectors.catalog import ActionNotFound
from jackfield.connectors.connector import Connector
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Conflict, Fault, InvalidRequest
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.runtime import Hub

_MOST_ACCOUNTS: Final = 50


class EndUserMissing(InvalidRequest):
    """This account is one person's: the header x-end-user-id must be its origin_username."""

    code = "end_user_missing"
    status = 400


@dataclass(frozen=True, slots=True)
class AccountSet:
    """One client's view of a project: the actions of some accounts.

    `held` can be used now; `unusable` were named as well, each with why it cannot be.
    """

    project_id: ProjectId
    actor: Actor
    held: tuple[AccountAccess, ...]
    unusable: Mapping[str, Conflict]

    @property
    def accounts(self) -> tuple[Account, ...]:
        return tuple(each.account for each in self.held)

    def accounts_of(self, provider: str) -> list[Account]:
        return [each for each in self.accounts if each.provider == provider]

    def allows(self, action_id: str, *, provider: str) -> bool:
        """Tell whether any of the provider's accounts may run an action."""
        return any(
            each.allows(action_id) for each in self.held if each.account.provider == provider
        )

    def choose(self, connector: Connector, named: Json) -> Account:
        """
        Return the account to use a connector with: the one that is named, or the only one.

        Raises:
            Conflict: the one that is named cannot be used now.
            ActionNotFound: none of the accounts is the connector's.
            InvalidInputs: there are several, and none of them is named.
        """
        if isinstance(named, str) and named in self.unusable:
            raise self.unusable[named]
        usable = self.accounts_of(connector.key)
        for each in usable:
            if each.id == named:
                return each
        if not usable:
            msg = f"none of this endpoint's accounts is linked to {connector.key!r}"
            raise ActionNotFound(msg)
        if len(usable) > 1:
            words = f"must be one of {', '.join(each.id for each in usable)}"
            msg = f"{ACCOUNT} {words}"
            raise InvalidInputs(msg, faults=[Fault(ACCOUNT, words)])
        return usable[0]


def account_ids(named: str) -> tuple[str, ...]:
    """Read a list of account ids with commas between them."""
    return tuple(dict.fromkeys(part.strip() for part in named.split(",") if part.strip()))


async def select_accounts(
    hub: Hub, project_id: ProjectId, actor: Actor, ids: tuple[str, ...], *, end_user: str | None
) -> AccountSet:
    """
    Find out what accounts can be used for; at least one must be named.

    Raises:
        AccountNotFound: the project does not have one of them.
        Conflict: none of them can be used now.
        EndUserMissing: one is one person's, and the request is not known to be theirs.
        InvalidRequest: they are too many.
    """
    if len(ids) > _MOST_ACCOUNTS:
        msg = f"an endpoint serves at most {_MOST_ACCOUNTS} accounts"
        raise InvalidRequest(msg)
    held: list[AccountAccess] = []
    unusable: dict[str, Conflict] = {}
    for account_id in ids:
        try:
            held.append(await load_usable(hub, project_id, account_id))
        except Conflict as why:
            unusable[account_id] = why
    if not held:
        raise next(iter(unusable.values()))
    for each in held:
        if not each.account.shared and each.account.origin_username not in (None, end_user):
            raise EndUserMissing(account_id=each.account.id)
    return AccountSet(project_id, actor, tuple(held), unusable)


def title_of(account: Account) -> str:
    """Return what people call an account: its customer, and its label if there is one."""
    if not account.label:
        return account.origin_owner_name
    return f"{account.origin_owner_name} ({account.label})"
