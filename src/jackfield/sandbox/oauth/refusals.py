"""The ways a request is refused."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.replies import JSON, Reply, json_reply


class OAuthError(Exception):
    """
    A request is refused with one of the codes of the standards.

    `fault` says what is wrong with it more closely, and `about` names what that is about, so that a
    provider's own words can be put in the place of ours.
    """

    def __init__(
        self,
        error: str,
        description: str = "",
        status: int = HTTPStatus.BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
        *,
        fault: str = "",
        about: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(description)
        self.error: Final = error
        self.description: Final = description
        self.status: Final = status
        self.headers: Final = headers or {}
        self.fault: Final = fault
        self.about: Final = about or {}
        # What its body has beside the usual members.
        self.more: Mapping[str, Json] = {}

    @property
    def members(self) -> dict[str, Json]:
        said = {"error_description": self.description} if self.description else {}
        return {"error": self.error, **said, **self.more}

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


def invalid_client(
    description: str,
    *,
    challenge: bool = False,
    fault: str = "",
    about: Mapping[str, str] | None = None,
) -> OAuthError:
    headers = {"www-authenticate": 'Basic realm="sandbox"'} if challenge else {}
    status = HTTPStatus.UNAUTHORIZED
    return OAuthError("invalid_client", description, status, headers, fault=fault, about=about)


def invalid_grant(
    description: str, *, fault: str = "", about: Mapping[str, str] | None = None
) -> OAuthError:
    return OAuthError("invalid_grant", description, fault=fault, about=about)
