"""Profiles, found by email or by user id."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from jackfield.kit.json import Json


@dataclass(slots=True, eq=False)
class User:
    """One profile. `fields` holds what its `dataFields` show, apart from the identifiers."""

    email: str | None
    user_id: str | None
    created_at: datetime
    updated_at: datetime
    fields: dict[str, Json] = field(default_factory=dict[str, Json])

    @property
    def name(self) -> str:
        """What answers call the user by."""
        return self.email or self.user_id or ""


class Users:
    """All profiles of a project, in the order they came."""

    def __init__(self) -> None:
        self._all: dict[User, None] = {}
        self._by_email: dict[str, list[User]] = {}
        self._by_user_id: dict[str, list[User]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[User]:
        return iter(list(self._all))

    def __contains__(self, user: object) -> bool:
        return user in self._all

    def with_email(self, email: str) -> list[User]:
        return self._by_email.get(email.lower(), [])

    def with_user_id(self, user_id: str) -> list[User]:
        return self._by_user_id.get(user_id, [])

    def add(self, user: User) -> None:
        self._all[user] = None
        self._index(user)

    def remove(self, user: User) -> None:
        del self._all[user]
        self._forget(user)

    def rename(self, user: User, *, email: str | None, user_id: str | None) -> None:
        """Change what a profile is found by."""
        self._forget(user)
        user.email, user.user_id = email, user_id
        self._index(user)

    def _index(self, user: User) -> None:
        if user.email is not None:
            self._by_email.setdefault(user.email.lower(), []).append(user)
        if user.user_id is not None:
            self._by_user_id.setdefault(user.user_id, []).append(user)

    def _forget(self, user: User) -> None:
        if user.email is not None:
            _drop(self._by_email, user.email.lower(), user)
        if user.user_id is not None:
            _drop(self._by_user_id, user.user_id, user)


def _drop(index: dict[str, list[User]], key: str, user: User) -> None:
    index[key].remove(user)
    if not index[key]:
        del index[key]
