"""Channels and message types: how messages travel, and what users can opt out of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Medium(StrEnum):
    EMAIL = "Email"
    PUSH = "Push"
    SMS = "SMS"
    IN_APP = "InApp"
    WEB_PUSH = "WebPush"
    WHATSAPP = "WhatsApp"
    EMBEDDED = "Embedded"

    @property
    def event_prefix(self) -> str:
        """What the names of this medium's system events start with: `emailSend`."""
        return self.lower() if self.isupper() else self[0].lower() + self[1:]


@dataclass(frozen=True, slots=True)
class Channel:
    id: int
    name: str
    channel_type: str
    medium: Medium


@dataclass(frozen=True, slots=True)
class MessageType:
    id: int
    name: str
    channel_id: int
    subscription_policy: str
    created_at: datetime
    updated_at: datetime
    rate_limit_per_minute: int | None = None
