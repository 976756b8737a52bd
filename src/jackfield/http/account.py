"""An account as the API shows it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from msgspec import UNSET, Struct, UnsetType, field

from jackfield.accounts.models import Account, AccountStatus, AccountType, StatusReason
from jackfield.accounts.reconnect import ReconnectOut, reconnect
from jackfield.accounts.revocation.models import RevocationResult
from jackfield.kit.ids import AccountId, ProfileId
from jackfield.kit.json import Json


class MendingStepOut(Struct, frozen=True):
    """The step of the guide for linking that mends it."""

    section: str
    title: str
    url: str


class StatusReasonOut(Struct, frozen=True):
    """`timestamp` is when it was last seen, `since` when first."""

    code: str
    description: str
    timestamp: datetime
    since: datetime
    step: MendingStepOut | None

    @classmethod
    def of(cls, reason: StatusReason) -> Self:
        step = reason.step
        mends = None if step is None else MendingStepOut(step.section, step.title, step.url)
        return cls(reason.code, reason.description, reason.timestamp, reason.since, mends)


class RevocationOut(Struct, frozen=True):
    """What became of the credentials at the provider; `proved` if it refused them afterwards."""

    result: RevocationResult
    proved: bool
    detail: str


class AccountOut(Struct, frozen=True):
    id: AccountId
    provider: str
    provider_name: str
    status: AccountStatus
    status_reasons: tuple[StatusReasonOut, ...]
    origin_owner_id: str
    origin_owner_name: str
    origin_username: str | None
    setup_information: Mapping[str, str]
    label: str | Mapping[str, Json] | None
    type: AccountType
    shared: bool
    metadata: Mapping[str, Json]
    integration_id: ProfileId
    connector_profile_id: ProfileId
    authentication_config_key: str
    environment: str
    created_at: datetime
    updated_at: datetime
    allowed_actions: tuple[str, ...] | None
    # The request that makes a link to link it again; `null` as long as that is not needed.
    reconnect: ReconnectOut | None
    # Always empty: credentials never leave the hub, but clients expect the key.
    credentials: Mapping[str, str] = field(default_factory=dict[str, str])
    # Only in the answer that ends the account.
    revocation: RevocationOut | UnsetType = UNSET

    @classmethod
    def of(cls, account: Account, *, provider_name: str) -> Self:
        return cls(
            id=account.id,
            provider=account.provider,
            provider_name=provider_name,
            status=account.status,
            status_reasons=tuple(map(StatusReasonOut.of, account.status_reasons)),
            origin_owner_id=account.origin_owner_id,
            origin_owner_name=account.origin_owner_name,
            origin_username=account.origin_username,
            setup_information=account.public_values,
            label=account.label,
            type=account.type,
            shared=account.shared,
            metadata=account.metadata,
            integration_id=account.profile_id,
            connector_profile_id=account.profile_id,
            authentication_config_key=account.auth_method,
            environment=account.environment,
            created_at=account.created_at,
            updated_at=account.updated_at,
            allowed_actions=account.allowed_actions,
            reconnect=reconnect(account.id) if account.needs_relinking else None,
        )
