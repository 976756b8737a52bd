"""Records of the audit log, and what signs them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.actor import Actor
from jackfield.kit.errors import NotFound
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json

# The chain of what belongs to no project. No id of a project is like it.
INSTALLATION: Final = ProjectId("installation")
# Before the first record.
NO_HASH: Final = "0" * 64


class AuditKind(StrEnum):
    """The kind of what happened; the part before the dot is its family."""

    PROJECT_CREATED = "project.created"
    PROJECT_DELETED = "project.deleted"
    SETTINGS_CHANGED = "settings.changed"
    KEY_CREATED = "key.created"
    KEY_CHANGED = "key.changed"
    KEY_DISABLED = "key.disabled"
    KEY_ENABLED = "key.enabled"
    KEY_REVOKED = "key.revoked"
    SIGN_IN_LINK_CREATED = "dashboard.link_created"
    SIGNED_IN = "dashboard.signed_in"
    SIGNED_OUT = "dashboard.signed_out"
    SIGN_INS_ENDED = "dashboard.sessions_ended"
    ACCOUNT_LINKED = "account.linked"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_EXPORTED = "account.exported"
    ACCOUNT_IMPORTED = "account.imported"
    ACCOUNT_DELETED = "account.deleted"
    ACCOUNT_REVOKED = "account.revoked"
    HONEYTOKEN_TOUCHED = "honeytoken.touched"
    REVOCATION_STARTED = "revocation.started"
    REVOCATION_SUSPENDED = "revocation.suspended"
    REVOCATION_ENDED = "revocation.ended"
    CREDENTIALS_REPLACED = "credentials.replaced"
    CREDENTIALS_RENEWED = "credentials.renewed"
    CREDENTIALS_USED = "credentials.used"
    CREDENTIALS_FORGOTTEN = "credentials.forgotten"
    KEYRING_MOVED = "keyring.moved"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"
    CREDENTIALS_RESEALED = "credentials.resealed"
    SESSION_OPENED = "connect_session.opened"
    SESSION_REVOKED = "connect_session.revoked"
    PENDING_LINK_CREATED = "pending_link.created"
    PENDING_LINK_CONFIRMED = "pending_link.confirmed"
    PENDING_LINK_REFUSED = "pending_link.refused"
    PENDING_LINK_EXPIRED = "pending_link.expired"
    PROFILE_CREATED = "profile.created"
    PROFILE_CHANGED = "profile.changed"
    PROFILE_DELETED = "profile.deleted"
    CONNECTOR_UPDATED = "connector.updated"
    CONNECTOR_UPLOADED = "connector.uploaded"
    CONNECTOR_PUBLISHED = "connector.published"
    CONNECTOR_DELETED = "connector.deleted"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_CHANGED = "webhook.changed"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 - a name
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_REPLAYED = "webhook.replayed"
    WEBHOOK_REPLAY_STOPPED = "webhook.replay_stopped"
    ISSUE_RESOLVED = "issue.resolved"
    ISSUE_MUTED = "issue.muted"
    ISSUE_UNMUTED = "issue.unmuted"
    MEMBER_INVITED = "member.invited"
    INVITE_CANCELED = "member.invite_canceled"
    MEMBER_JOINED = "member.joined"
    MEMBER_ROLE_CHANGED = "member.role_changed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_PASSWORD_CHANGED = "member.password_changed"  # noqa: S105 - a name
    MEMBER_FACTOR_CHANGED = "member.factor_changed"
    PORTAL_CREATED = "portal.created"
    PORTAL_OPENED = "portal.opened"
    PORTAL_REVOKED = "portal.revoked"
    ACCESS_DENIED = "access.denied"
    AUDIT_PRUNED = "audit.pruned"

    @property
    def family(self) -> str:
        return self.partition(".")[0]


FAMILIES: Final = tuple(dict.fromkeys(each.family for each in AuditKind))


class Record(Struct, frozen=True):
    """
    One entry of a chain: its place there and what happened.

    `target` is the id of what it happened to. `before` and `after` have what changed, without
    secrets; `details` whatever else there is to know of this kind.
    """

    chain: str
    seq: int
    at: datetime
    kind: AuditKind
    actor: Actor
    target: str | None = None
    address: str | None = None
    request_id: str | None = None
    before: Mapping[str, Json] | None = None
    after: Mapping[str, Json] | None = None
    details: Mapping[str, Json] | None = None

    def detail(self, name: str) -> str | None:
        """Return one of the details if it is a text."""
        value = (self.details or {}).get(name)
        return value if isinstance(value, str) else None


class Tally(Struct, frozen=True):
    """What is counted for a minute before it becomes one record; `since` is its beginning."""

    kind: AuditKind
    actor: Actor
    since: datetime
    target: str | None = None
    address: str | None = None
    request_id: str | None = None
    details: Mapping[str, Json] | None = None


class Checkpoint(Struct, frozen=True):
    """
    What is signed: the hash of a record, which stands for all before it.

    One that is `pruned` stands in place of those records: they were older than the log is kept.
    """

    type: Literal["checkpoint", "pruned"]
    chain: str
    seq: int
    hash: str
    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed, as it was, and the signature in hexadecimal."""

    body: str
    signature: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The state of a chain; its first record that there is follows `pruned_seq`."""

    project_id: ProjectId
    seq: int = 0
    hash: str = NO_HASH
    signed_seq: int = 0
    pruned_seq: int = 0
    pruned: Signed | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it is stored: its text is what is hashed."""

    record: Record
    body: str
    hash: str


class AuditRecordNotFound(NotFound):
    """No record with this number in the project's audit log, or it was pruned."""

    code = "audit_record_not_found"
