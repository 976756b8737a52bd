"""Events of users."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.users import User


@dataclass(slots=True, eq=False)
class Event:
    """`kind` is the name of its data type; `values` is what a reader sees besides user and time."""

    kind: str
    at: datetime
    user: User
    values: dict[str, Json]


class Events:
    """All events, by kind and by user; a client's own id finds a kind's event again."""

    def __init__(self) -> None:
        self._by_kind: dict[str, list[Event]] = {}
        self._by_user: dict[User, list[Event]] = {}
        self._by_own_id: dict[tuple[str, str], Event] = {}

    def __len__(self) -> int:
        return sum(len(events) for events in self._by_kind.values())

    def put(self, event: Event, own_id: str | None = None) -> None:
        """Add an event, or write over the one that has the same id."""
        known = self._by_own_id.get((event.kind, own_id)) if own_id else None
        if known is not None:
            self._by_user[known.user].remove(known)
            known.at, known.user, known.values = event.at, event.user, event.values
            self._by_user.setdefault(known.user, []).append(known)
            return
        self._by_kind.setdefault(event.kind, []).append(event)
        self._by_user.setdefault(event.user, []).append(event)
        if own_id:
            self._by_own_id[event.kind, own_id] = event

    def of_kind(self, kind: str) -> Iterator[Event]:
        return iter(self._by_kind.get(kind, ()))

    def of_user(self, user: User) -> list[Event]:
        """Return a user's events, the newest first."""
        latest_first = reversed(self._by_user.get(user, []))
        return sorted(latest_first, key=lambda event: event.at, reverse=True)

    def hand_over(self, source: User, destination: User) -> None:
        moved = self._by_user.pop(source, [])
        for event in moved:
            event.user = destination
        if moved:
            self._by_user.setdefault(destination, []).extend(moved)

    def forget(self, user: User) -> None:
        gone = set(self._by_user.pop(user, ()))
        if not gone:
            return
        for kind in {event.kind for event in gone}:
            self._by_kind[kind] = [each for each in self._by_kind[kind] if each not in gone]
        self._by_own_id = {key: each for key, each in self._by_own_id.items() if each not in gone}
