"""The accounts that one agent request may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.accounts.access import AccountAccess, load_usable
from jackfield.accounts.models import Account
from jackfield.agents.names import ACCOUNT
from jackfield.connectors.catalog import ActionNotFound
from jackfield.connectors.connector import Connector
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Conflict, Fault, InvalidRequest
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.projects.key_limits import Narrowing
from jackfield.projects.models import Caller
from jackfield.runtime import Hub

_MOST_ACCOUNTS: Final = 50


class EndUserMissing(InvalidRequest):
    """The account belongs to one person: send their origin_username as x-end-user-id."""

    code = "end_user_missing"
    status = 400


@dataclass(frozen=True, slots=True)
class AccountSet:
    """
    The accounts that a client named: those that are `usable` now, and why others are not.

    `key` is what its API key may do, if it is a narrowed one.
    """

    project_id: ProjectId
    actor: Actor
    usable: tuple[AccountAccess, ...]
    unusable: Mapping[str, Conflict]
    key: Narrowing | None

    @property
    def accounts(self) -> tuple[Account, ...]:
        return tuple(access.account for access in self.usable)

    def accounts_of(self, provider: str) -> list[Account]:
        return [account for account in self.accounts if account.provider == provider]

    def allows(self, action_id: str, *, provider: str) -> bool:
        """Return whether any of the provider's accounts may run an action."""
        return any(
            access.allows(action_id)
            for access in self.usable
            if access.account.provider == provider
        )

    def choose(self, connector: Connector, named: Json) -> Account:
        """
        Return the account to use with a connector: the named one, or the only one.

        Raises:
            Conflict: the named account cannot be used now.
            ActionNotFound: none of the accounts is the connector's.
            InvalidInputs: there are several, and none of them is named.
        """
        if isinstance(named, str) and named in self.unusable:
            raise self.unusable[named]
        accounts = self.accounts_of(connector.key)
        for account in accounts:
            if account.id == named:
                return account
        if not accounts:
            msg = f"none of this endpoint's accounts is linked to {connector.key!r}"
            raise ActionNotFound(msg)
        if len(accounts) > 1:
            words = f"must be one of {', '.join(account.id for account in accounts)}"
            msg = f"{ACCOUNT} {words}"
            raise InvalidInputs(msg, faults=[Fault(ACCOUNT, words)])
        return accounts[0]


def account_ids(text: str) -> tuple[str, ...]:
    """Return the distinct ids of a comma-separated list."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


async def select_accounts(
    hub: Hub, caller: Caller, protocol: str, ids: tuple[str, ...], *, end_user: str | None
) -> AccountSet:
    """
    Load the accounts with `ids`, of which there is at least one.

    Raises:
        AccountNotFound: the project does not have one of them, or the key may not use it.
        Conflict: none of them can be used now.
        EndUserMissing: one belongs to a person other than `end_user`.
        InvalidRequest: there are too many.
    """
    if len(ids) > _MOST_ACCOUNTS:
        msg = f"an endpoint serves at most {_MOST_ACCOUNTS} accounts"
        raise InvalidRequest(msg)
    key = caller.narrowing
    usable: list[AccountAccess] = []
    unusable: dict[str, Conflict] = {}
    for account_id in ids:
        try:
            usable.append(await load_usable(hub, caller.project_id, account_id, key=key))
        except Conflict as error:
            unusable[account_id] = error
    if not usable:
        raise next(iter(unusable.values()))
    for access in usable:
        account = access.account
        if not account.shared and account.origin_username not in (None, end_user):
            raise EndUserMissing(account_id=account.id)
    return AccountSet(caller.project_id, caller.agent(protocol), tuple(usable), unusable, key)


def title_of(account: Account) -> str:
    """Return an account's name for people: its customer's, with its label if it has one."""
    if not account.label:
        return account.origin_owner_name
    return f"{account.origin_owner_name} ({account.label})"
