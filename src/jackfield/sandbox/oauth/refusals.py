"""The ways a request is refused."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.replies import JSON, Reply, json_reply


class OAuthError(Exception):
    """A request is refused with one of the codes of the standards."""

    def __init__(
        self,
        error: str,
        description: str = "",
        status: int = HTTPStatus.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.error: Final = error
        self.description: Final = description
        self.status: Final = status
        self.headers: Final = headers or {}

    @property
    def members(self) -> dict[str, Json]:
        return {"error": self.error, "error_description": self.description}

    @property
    def reply(self) -> Reply:
        plain = json_reply(self.members, self.status)
        return Reply(plain.body, plain.status, JSON, self.headers)


class Turned(Exception):
    """The browser is sent on instead."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self.location: Final = location


def invalid_request(description: str, status: int = HTTPStatus.BAD_REQUEST) -> OAuthError:
    return OAuthError("invalid_request", description, status)


def invalid_client(description: str, *, challenge: bool = False) -> OAuthError:
    headers = {"www-authenticate": 'Basic realm="sandbox"'} if challenge else {}
    return OAuthError("invalid_client", description, HTTPStatus.UNAUTHORIZED, headers)


def invalid_grant(description: str) -> OAuthError:
    return OAuthError("invalid_grant", description)
