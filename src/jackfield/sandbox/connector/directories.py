"""Directories of a provider, each with a token endpoint of its own that its path names."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from jackfield.connectors.connector import Connector
from jackfield.kit.json import text
from jackfield.sandbox.connector.credentials import Login, spell
from jackfield.sandbox.connector.token_signing import client_id
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.identification import identify
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.request import Request

_MARK: Final = "any-directory"
# Places where people of any directory sign in, and no app does.
_COMMON: Final = frozenset({"common", "consumers"})


@dataclass(frozen=True, slots=True)
class Directory:
    """A client's directory: the path of its token endpoint, and the form that others' have."""

    client_id: str
    path: str
    form: re.Pattern[str]


def find_directories(connector: Connector, logins: list[Login]) -> list[Directory]:
    """Return the directories that logins belong to, where a credential is part of such a path."""
    found: list[Directory] = []
    for login in logins:
        template = text(login.method.authorization, "tokenUrl")
        path = urlsplit(spell(template, login.values, connector)).path
        for name in login.values:
            other = spell(template, {**login.values, name: _MARK}, connector)
            before, mark, after = urlsplit(other).path.partition(_MARK)
            if mark:
                form = re.compile(f"{re.escape(before)}(?P<name>[^/]+){re.escape(after)}")
                found.append(Directory(client_id(login, connector), path, form))
    return found


def check_directory(
    authority: Authority, directories: list[Directory], path: str, request: Request
) -> None:
    """
    Check that a directory is there, and that it knows who asks it for tokens.

    Raises:
        OAuthError: it is not, or does not.
    """
    forms = [(each, found) for each in directories if (found := each.form.fullmatch(path))]
    if not forms:
        return
    about = {"tenant": forms[0][1]["name"]}
    if about["tenant"] in _COMMON and request.values.get("grant_type") == "client_credentials":
        raise authority.dialect.word(_unknown("common", about))
    if path not in {each.path for each in directories}:
        raise authority.dialect.word(_unknown("tenant", about))
    client = identify(authority, request)
    named = str(request.values.get("client_id") or (client.id if client is not None else ""))
    if all(each.client_id != named or each.path != path for each, _ in forms):
        about["client_id"] = named
        raise authority.dialect.word(_unknown("client", about))


def _unknown(fault: str, about: dict[str, str]) -> OAuthError:
    error = "unauthorized_client" if fault == "client" else "invalid_request"
    return OAuthError(error, f"there is no such {fault} here", fault=fault, about=about)
