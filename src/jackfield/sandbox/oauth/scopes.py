"""The scopes that can be asked for."""

from collections.abc import Sequence
from typing import Final

from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.refusals import OAuthError

SCOPES: Final = {
    "openid": "Know who you are",
    "profile": "See your name",
    "email": "See your email address",
    "offline_access": "Stay connected when you are away",
    "people.read": "See the people of your companies",
    "notes.read": "Read your notes",
    "notes.write": "Write notes for you",
    "documents.read": "Read documents",
    "documents.write": "Add documents",
    "absence.read": "See time off",
}


def check_scopes(client: Client, asked: Sequence[str]) -> list[str]:
    """
    Return the scopes that are asked for, or all if none are.

    Raises:
        OAuthError: the client may not ask for one of them.
    """
    known = client.conduct.terms.scopes or list(SCOPES)
    for scope in asked:
        if scope not in known:
            msg = f"unknown scope {scope!r}"
            error = "invalid_scope"
            raise OAuthError(error, msg, fault="scope", about={"scope": scope})
    return list(asked) or known
