"""Event types."""

from enum import StrEnum
from typing import Final

# Signaled when deliveries of an event have been written (see `jackfield.db.tx.Tx.signal`).
DELIVERIES: Final = "deliveries"


class EventType(StrEnum):
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_UPDATED = "account.updated"
    ACCOUNT_NEEDS_RELINK = "account.needs_relink"
    HONEYTOKEN_TOUCHED = "honeytoken.touched"
    ACCOUNT_UNUSED = "account.unused"
    ACCOUNT_REVOKED = "account.revoked"
    ACCOUNT_DELETED = "account.deleted"
    PENDING_LINK_CREATED = "pending_link.created"
    CONNECTOR_PROFILE_CREATED = "connector_profile.created"
    CONNECTOR_PROFILE_UPDATED = "connector_profile.updated"
    CONNECTOR_PROFILE_DELETED = "connector_profile.deleted"
    CONNECTOR_UPDATED = "connector.updated"
    ISSUE_OPENED = "issue.opened"
    ISSUE_RESOLVED = "issue.resolved"
