"""Bodies of events, one struct each: the wire format of webhooks, in the order of its fields."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from jackfield.kit.ids import ProjectId


class EventPayload(Struct, frozen=True, kw_only=True):
    """The fields all events begin with, and all of `webhook.test`. Delivery adds `sent_at`."""

    project_id: ProjectId
    event: str
    event_date: datetime
    record_type: str
    record_id: str


class AccountPayload(EventPayload, frozen=True, kw_only=True):
    account_id: str
    provider: str
    origin_owner_id: str
    origin_owner_name: str
    origin_username: str | None
    setup_information: Mapping[str, str]
    status: str
    status_reasons: Sequence[object]
    type: str
    # True where the credentials are of another account at the provider from now on.
    identity_changed: bool | UnsetType = UNSET
    # What else became of it, where it was linked again or moved to another profile.
    changes: Sequence[str] | UnsetType = UNSET
    # The request that makes a link to link it again, where it has to be.
    reconnect: object = UNSET
    # What became of its credentials at the provider, where it ended.
    revocation: object = UNSET
    # Since when it is unused, and how soon it is suspended for that.
    unused: object = UNSET
    # Who used a decoy, and how.
    touch: object = UNSET


class PendingLinkPayload(EventPayload, frozen=True, kw_only=True):
    account_id: str | None
    provider: str
    origin_owner_id: str
    origin_owner_name: str
    origin_username: str | None
    setup_information: Mapping[str, str]
    identity_changed: bool
    # What becomes of the account, where there is one.
    changes: Sequence[str]
    connector_profile_id: str
    # The session that left it, with what was given as it was opened.
    connect_session_id: int | None
    metadata: Mapping[str, object]
    expires_at: datetime


class ProfilePayload(EventPayload, frozen=True, kw_only=True):
    connector_profile_id: str
    provider: str
    name: str
    active: bool
    default: bool
    environment: str
    pinned_version: str | None
    allowed_actions: Sequence[str] | None


class ConnectorPayload(EventPayload, frozen=True, kw_only=True):
    provider: str
    version: str
    previous_version: str | None


class IssuePayload(EventPayload, frozen=True, kw_only=True):
    issue_id: str
    account_id: str
    provider: str
    origin_owner_id: str
    origin_owner_name: str
    cause: str
    code: str
    message: str
    # The step of the guide that mends it, where there is one.
    step: Mapping[str, str] | None
    status: str
    first_seen_at: datetime
    last_seen_at: datetime
    occurrences: int
    # How often it came back within a day.
    reopened: int
    # The last few, the latest first.
    actions: Sequence[str]
    request_ids: Sequence[str]
    # How it ended, once it has.
    resolution: str | UnsetType = UNSET
