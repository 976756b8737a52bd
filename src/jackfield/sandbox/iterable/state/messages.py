"""Messages that were sent to users, and those that wait for their time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.campaigns import Campaign
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.users import User


@dataclass(slots=True, eq=False)
class Message:
    id: str
    campaign: Campaign
    user: User
    sent_at: datetime
    context: Mapping[str, Json] = field(default_factory=dict[str, Json])
    read: bool = False
    consumed: bool = False


@dataclass(frozen=True, slots=True)
class ScheduledMessage:
    id: int
    campaign: Campaign
    user: User
    send_at: datetime
    context: Mapping[str, Json]


class Messages:
    """Everything that was sent, found by id or by user."""

    def __init__(self) -> None:
        self._by_id: dict[str, Message] = {}
        self._numbers = count(1)
        self._by_user: dict[User, list[Message]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Message]:
        return iter(list(self._by_id.values()))

    def take_number(self) -> int:
        """Return a number that no message has had, to make an id of."""
        return next(self._numbers)

    def add(self, message: Message) -> None:
        self._by_id[message.id] = message
        self._by_user.setdefault(message.user, []).append(message)

    def find(self, message_id: str) -> Message | None:
        return self._by_id.get(message_id)

    def to(self, user: User, medium: Medium | None = None) -> list[Message]:
        """Return a user's messages, the oldest first."""
        return [
            message
            for message in self._by_user.get(user, ())
            if medium is None or message.campaign.medium is medium
        ]

    def has_had(self, user: User, campaign: Campaign) -> bool:
        return any(message.campaign is campaign for message in self._by_user.get(user, ()))

    def hand_over(self, source: User, destination: User) -> None:
        """Make one user's messages another's."""
        moved = self._by_user.pop(source, [])
        for message in moved:
            message.user = destination
        if moved:
            self._by_user.setdefault(destination, []).extend(moved)

    def forget(self, user: User) -> None:
        for message in self._by_user.pop(user, ()):
            del self._by_id[message.id]
