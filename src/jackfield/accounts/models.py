"""Linked accounts: one origin owner's connection to one provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from jackfield.connectors.credential_errors import KnownError
from jackfield.kit.errors import Conflict, HubError, NotFound
from jackfield.kit.ids import AccountId, ProfileId
from jackfield.kit.json import Json
from jackfield.profiles.models import ActionNotAllowed

# Stands for the time of the reason itself: what was stored before there was `since`.
NEVER: Final = datetime.min.replace(tzinfo=UTC)
# The codes of the two reasons for which an account is suspended until it is resumed.
SUSPENDED: Final = "suspended"
PAUSED_BY_OWNER: Final = "paused_by_owner"
# It was suspended by itself: whoever uses it may resume it.
UNUSED: Final = "unused"
# Those for which another hub has the tokens of a suspended account, until it is resumed.
MOVED: Final = "moved"
COPIED: Final = "copied"


class AccountStatus(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    ERROR = "error"
    EXPIRED = "expired"


class LinkChange(StrEnum):
    """A change of an account by linking it again, or by moving it to another profile."""

    CREDENTIALS = "credentials"
    AUTH_METHOD = "auth_method"
    PROFILE = "profile"
    ACTIONS = "actions"
    # Another account at the provider takes the place of the one that was linked.
    IDENTITY = "identity"


class AccountType(StrEnum):
    PRODUCTION = "production"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class MendingStep:
    """The step of a connector's guide that mends what is wrong, and the address of it."""

    section: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class StatusReason:
    """
    The reason why an account is not active: a stable code, and a text for people.

    `timestamp` is when it was last seen, `since` when first.
    """

    code: str
    description: str
    timestamp: datetime
    since: datetime = NEVER
    step: MendingStep | None = None

    def __post_init__(self) -> None:
        if self.since is NEVER:
            object.__setattr__(self, "since", self.timestamp)


@dataclass(frozen=True, slots=True)
class Account:
    """A linked account.

    `public_values` are the fields of its auth method that are no secrets; the secrets are in
    the vault, sealed for this account and `generation`, which counts how often they were replaced.
    `allowed_actions` are the ids of the actions it was linked for; `None` means all.
    """

    id: AccountId
    profile_id: ProfileId
    provider: str
    auth_method: str
    environment: str
    origin_owner_id: str
    origin_owner_name: str
    origin_username: str | None
    label: str | Mapping[str, Json] | None
    type: AccountType
    shared: bool
    metadata: Mapping[str, Json]
    public_values: Mapping[str, str]
    status: AccountStatus
    status_reasons: tuple[StatusReason, ...]
    generation: int
    created_at: datetime
    updated_at: datetime
    allowed_actions: tuple[str, ...] | None = None

    @property
    def needs_relinking(self) -> bool:
        """Whether only new credentials make it usable again."""
        return self.status in (AccountStatus.ERROR, AccountStatus.EXPIRED)

    @property
    def is_paused_by_owner(self) -> bool:
        return any(each.code == PAUSED_BY_OWNER for each in self.status_reasons)

    @property
    def is_unused(self) -> bool:
        """Whether nothing but disuse keeps it suspended."""
        codes = [each.code for each in self.status_reasons]
        return self.status is AccountStatus.SUSPENDED and codes == [UNUSED]

    @property
    def is_elsewhere(self) -> bool:
        """Whether another hub renews its tokens: two that do so lock each other out."""
        return any(each.code in (MOVED, COPIED) for each in self.status_reasons)

    def allows(self, action_id: str) -> bool:
        return self.allowed_actions is None or action_id in self.allowed_actions

    def require_allowed(self, action_id: str) -> None:
        """
        Raise unless the account was linked for an action.

        Raises:
            ActionNotAllowed: it was linked for others only.
        """
        if not self.allows(action_id):
            msg = f"the account {self.id} was not linked for the action {action_id!r}"
            raise ActionNotAllowed(msg, account_id=self.id)

    def require_usable(self) -> None:
        """
        Raise unless actions can be run.

        Raises:
            AccountNotUsable: the account is not active.
        """
        if self.status is not AccountStatus.ACTIVE:
            refused = AccountNotUsable(_why_not(self), account_id=self.id)
            refused.relink = self.id if self.needs_relinking else None
            raise refused


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """A filter of accounts; an empty tuple means all."""

    ids: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    origin_owner_ids: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountPage:
    """A page of accounts; `number` counts from 1."""

    number: int = 1
    size: int = 25
    only: AccountFilter = field(default_factory=AccountFilter)


class AccountNotFound(NotFound):
    """No account with this id in the project."""

    code = "account_not_found"


class AccountNotUsable(Conflict):
    """The account cannot be used in its present state."""

    code = "account_not_usable"
    status = 412


class PausedByOwner(Conflict):
    """The customer paused the account on their own page: only they can resume it."""

    code = "paused_by_owner"


class SuspendedByProject(Conflict):
    """The project suspended the account: only the project can resume it."""

    code = "suspended_by_project"


class CredentialsUnreadable(AccountNotUsable):
    """The account's stored credentials cannot be read any more; link it again."""


class CredentialRejected(HubError):
    """The provider does not accept the credential."""

    # Not 401: the published Hub takes that for the end of its own session and shows nothing.
    code = "credential_rejected"
    status = 400
    # What the connector knows of this refusal.
    known: KnownError | None = None


_WORDS = {
    AccountStatus.INACTIVE: "the account is inactive because its connector profile is disabled",
    AccountStatus.SUSPENDED: "the account is suspended; resume it before running actions",
    AccountStatus.ERROR: "the provider no longer accepts the account's credential; link it again",
    AccountStatus.EXPIRED: "the account's credential has expired; link it again",
}


def _why_not(account: Account) -> str:
    if {each.code for each in account.status_reasons} == {PAUSED_BY_OWNER}:
        return "the customer paused the account on their own page; only they can resume it"
    if account.is_unused:
        return "the account was suspended because nobody used it; resume it"
    words = _WORDS.get(account.status, f"the account is {account.status.value}")
    if account.status is AccountStatus.ERROR and account.status_reasons:
        return f"{words} ({account.status_reasons[-1].description})"
    return words
