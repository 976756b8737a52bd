"""Every event type with a description, an example payload and the schema of its payloads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from jackfield.events.models import EventType
from jackfield.events.payloads import (
    AccountPayload,
    ConnectorPayload,
    EventPayload,
    IssuePayload,
    PendingLinkPayload,
    ProfilePayload,
)
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json, encode, parse, schema_of

TEST: Final = "webhook.test"
_MOMENT: Final = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
# Ids that belong to nothing: a receiver that acts on an example finds no such account.
_BODY: Final = "EXAMPLE".rjust(26, "0")
_PROJECT: Final = ProjectId(f"prj_{_BODY}")
_ACCOUNT: Final = f"acc_{_BODY}"
_PROFILE: Final = f"cpr_{_BODY}"
_ISSUE: Final = f"iss_{_BODY}"
_REFUSED: Final[Json] = {
    "code": "credential_rejected",
    "description": "The provider refused the credential.",
    "timestamp": "2026-03-01T09:30:00Z",
    "since": "2026-03-01T09:30:00Z",
    "step": None,
}


@dataclass(frozen=True, slots=True)
class DescribedEvent:
    """An event type as receivers need to know it."""

    type: str
    description: str
    example: EventPayload

    @property
    def schema(self) -> dict[str, Json]:
        """The JSON Schema of what is sent."""
        found = schema_of(type(self.example))
        properties: dict[str, Json] = {
            **found["properties"],
            "event": {"const": self.type},
            "sent_at": {"type": "string", "format": "date-time"},
        }
        return {**found, "properties": properties, "required": [*found["required"], "sent_at"]}

    def body(self, project_id: ProjectId = _PROJECT, at: datetime = _MOMENT) -> dict[str, Json]:
        """Return the example as it is sent for a project, but for the time of sending."""
        payload = msgspec.structs.replace(self.example, project_id=project_id, event_date=at)
        body: dict[str, Json] = parse(encode(payload))
        return body


def _account(
    event: EventType,
    status: str = "active",
    *,
    reconnect: object = msgspec.UNSET,
    revocation: object = msgspec.UNSET,
    unused: object = msgspec.UNSET,
    touch: object = msgspec.UNSET,
) -> AccountPayload:
    return AccountPayload(
        project_id=_PROJECT,
        event=event,
        event_date=_MOMENT,
        record_type="account",
        record_id=_ACCOUNT,
        account_id=_ACCOUNT,
        provider="iterable",
        origin_owner_id="acme",
        origin_owner_name="Acme Inc.",
        origin_username="ada",
        setup_information={"region": "us"},
        status=status,
        status_reasons=[] if status == "active" else [_REFUSED],
        type="production",
        reconnect=reconnect,
        revocation=revocation,
        unused=unused,
        touch=touch,
    )


def _profile(event: EventType, *, active: bool = True) -> ProfilePayload:
    return ProfilePayload(
        project_id=_PROJECT,
        event=event,
        event_date=_MOMENT,
        record_type="connector_profile",
        record_id=_PROFILE,
        connector_profile_id=_PROFILE,
        provider="iterable",
        name="Iterable",
        active=active,
        default=True,
        environment="production",
        pinned_version=None,
        allowed_actions=None,
    )


def _issue(
    event: EventType, status: str = "open", *, resolution: str | msgspec.UnsetType = msgspec.UNSET
) -> IssuePayload:
    return IssuePayload(
        project_id=_PROJECT,
        event=event,
        event_date=_MOMENT,
        record_type="issue",
        record_id=_ISSUE,
        issue_id=_ISSUE,
        account_id=_ACCOUNT,
        provider="iterable",
        origin_owner_id="acme",
        origin_owner_name="Acme Inc.",
        cause="credential",
        code="credential_rejected",
        message="The provider refused the credential.",
        step=None,
        status=status,
        first_seen_at=_MOMENT,
        last_seen_at=_MOMENT,
        occurrences=1,
        reopened=0,
        actions=["iterable_list_campaigns"],
        request_ids=[f"req_{_BODY}"],
        resolution=resolution,
    )


_LINK: Final = PendingLinkPayload(
    project_id=_PROJECT,
    event=EventType.PENDING_LINK_CREATED,
    event_date=_MOMENT,
    record_type="pending_link",
    record_id=f"pln_{_BODY}",
    account_id=None,
    provider="iterable",
    origin_owner_id="acme",
    origin_owner_name="Acme Inc.",
    origin_username="ada",
    setup_information={"region": "us"},
    identity_changed=False,
    changes=(),
    connector_profile_id=f"cpr_{_BODY}",
    connect_session_id=1234567890123456,
    metadata={},
    expires_at=_MOMENT + timedelta(days=1),
)
_CONNECTOR: Final = ConnectorPayload(
    project_id=_PROJECT,
    event=EventType.CONNECTOR_UPDATED,
    event_date=_MOMENT,
    record_type="connector",
    record_id="iterable",
    provider="iterable",
    version="1.1.0",
    previous_version="1.0.0",
)
_RECONNECT: Final = {
    "method": "POST",
    "path": f"/jackfield/accounts/{_ACCOUNT}/reconnect_link",
}
_TOUCH: Final[Mapping[str, object]] = {
    "touch": "run",
    "action": "iterable_list_channels",
    "actor": {"kind": "api_key", "id": "key_EXAMPLE", "via": None},
    "address": "203.0.113.9",
    "request_id": "req_EXAMPLE",
    "frozen_keys": [],
}
_UNUSED: Final = {"last_used_at": _MOMENT - timedelta(days=83), "suspended_in_days": 7}
_REVOCATION: Final = {
    "result": "revoked",
    "proved": True,
    "detail": "The provider refuses the credentials now.",
    "verdict": "dead",
}
_EXAMPLES: Final[Mapping[EventType, tuple[str, EventPayload]]] = {
    EventType.ACCOUNT_CREATED: ("An account was linked.", _account(EventType.ACCOUNT_CREATED)),
    EventType.ACCOUNT_UPDATED: (
        "An account was linked again, changed, suspended or resumed, or its status changed.",
        _account(EventType.ACCOUNT_UPDATED, "error"),
    ),
    EventType.ACCOUNT_NEEDS_RELINK: (
        "The credential of an account was refused or is lost: only linking it again helps.",
        _account(EventType.ACCOUNT_NEEDS_RELINK, "error", reconnect=_RECONNECT),
    ),
    EventType.HONEYTOKEN_TOUCHED: (
        "Somebody used a decoy: an account that nobody has a reason to use.",
        _account(EventType.HONEYTOKEN_TOUCHED, touch=_TOUCH),
    ),
    EventType.ACCOUNT_UNUSED: (
        "Nobody used an account: it will be suspended, unless it is used.",
        _account(EventType.ACCOUNT_UNUSED, unused=_UNUSED),
    ),
    EventType.ACCOUNT_REVOKED: (
        "The credentials of an account were to be revoked: what became of them.",
        _account(EventType.ACCOUNT_REVOKED, "suspended", revocation=_REVOCATION),
    ),
    EventType.ACCOUNT_DELETED: ("An account was deleted.", _account(EventType.ACCOUNT_DELETED)),
    EventType.PENDING_LINK_CREATED: ("A link waits to be confirmed.", _LINK),
    EventType.CONNECTOR_PROFILE_CREATED: (
        "A connector was switched on for the project.",
        _profile(EventType.CONNECTOR_PROFILE_CREATED),
    ),
    EventType.CONNECTOR_PROFILE_UPDATED: (
        "A connector profile was changed, switched off or on, pinned or unpinned.",
        _profile(EventType.CONNECTOR_PROFILE_UPDATED, active=False),
    ),
    EventType.CONNECTOR_PROFILE_DELETED: (
        "A connector profile was deleted.",
        _profile(EventType.CONNECTOR_PROFILE_DELETED),
    ),
    EventType.ISSUE_OPENED: (
        "Something is wrong with an account, or is again.",
        _issue(EventType.ISSUE_OPENED),
    ),
    EventType.ISSUE_RESOLVED: (
        "It works again, or somebody resolved the issue.",
        _issue(EventType.ISSUE_RESOLVED, "resolved", resolution="succeeded"),
    ),
    EventType.CONNECTOR_UPDATED: (
        "The hub has another version of a connector that the project has a profile of.",
        _CONNECTOR,
    ),
}
_TEST_EVENT: Final = DescribedEvent(
    TEST,
    "Sent on request, to try an endpoint out.",
    EventPayload(
        project_id=_PROJECT,
        event=TEST,
        event_date=_MOMENT,
        record_type="webhook",
        record_id=f"whe_{_BODY}",
    ),
)
CATALOGUE: Final[Mapping[str, DescribedEvent]] = {
    **{each.value: DescribedEvent(each.value, *described) for each, described in _EXAMPLES.items()},
    TEST: _TEST_EVENT,
}
