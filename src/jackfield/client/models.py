"""Typed API responses.

Fields that a newer hub adds are ignored.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field


class MendingStep(Struct, frozen=True):
    """The step of the connector's guide that mends what is wrong with an account."""

    section: str
    title: str
    url: str


class StatusReason(Struct, frozen=True):
    """`timestamp` is when it was last seen, `since` when first."""

    code: str
    description: str
    timestamp: datetime
    since: datetime | None = None
    step: MendingStep | None = None


class Revocation(Struct, frozen=True):
    """How credentials ended at their provider; `proved` if it refused them afterwards."""

    result: str
    proved: bool
    detail: str


class Account(Struct, frozen=True):
    """A linked account; `revocation` is set in the answer that ends it."""

    id: str
    provider: str
    provider_name: str
    status: str
    origin_owner_id: str
    origin_owner_name: str
    created_at: datetime
    updated_at: datetime
    origin_username: str | None = None
    label: Any = None
    type: str = "production"
    shared: bool = False
    status_reasons: tuple[StatusReason, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    setup_information: Mapping[str, Any] = field(default_factory=dict[str, Any])
    connector_profile_id: str | None = None
    authentication_config_key: str | None = None
    environment: str | None = None
    revocation: Revocation | None = None


class ConnectSession(Struct, frozen=True):
    """A pass to link one account: send `auth_link_url`, or embed the Hub with `token`."""

    id: int
    origin_owner_id: str
    origin_owner_name: str
    created_at: datetime
    token: str
    auth_link_url: str
    provider: str | None = None
    account_id: str | None = None


class PortalSession(Struct, frozen=True):
    """A customer's own page: send them to `url`, which opens it once, or embed it with `token`."""

    id: str
    origin_owner_id: str
    origin_owner_name: str
    allow: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    token: str
    url: str


class NarrowedKey(Struct, frozen=True):
    """A key for an agent or a page, which may do less than the one that minted it."""

    id: str
    name: str
    key: str
    state: str
    parent_id: str | None
    created_at: datetime
    expires_at: datetime | None
    origin_owner_id: str | None = None
    account_ids: tuple[str, ...] | None = None
    connectors: tuple[str, ...] | None = None
    actions: tuple[str, ...] | None = None
    effects: tuple[str, ...] | None = None
    calls: int | None = None
    calls_left: int | None = None


class Action(Struct, frozen=True):
    """An action of a connector; `input_schema` is set if details were requested."""

    id: str
    label: str
    description: str
    effects: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    required_scopes: tuple[str, ...] = ()
    input_schema: Mapping[str, Any] | None = None


class Connector(Struct, frozen=True):
    key: str
    name: str
    version: str
    description: str = ""
    categories: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


class FoundAction(Struct, frozen=True):
    """A search result; `similarity_score` is between 0 and 1."""

    action_name: str
    connector_key: str
    label: str
    description: str
    similarity_score: float


class Result(Struct, frozen=True):
    """The output of an action; `next` is the cursor of the next page, if there is one."""

    data: Any = None
    next: str | None = None
    warnings: Sequence[str] = ()


class File(Struct, frozen=True):
    """The output of an action that returns a file."""

    content: bytes
    content_type: str
    name: str | None
