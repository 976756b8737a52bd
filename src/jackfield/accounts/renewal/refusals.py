"""Refusals in the answers of token endpoints that a connector's own action asks."""

from collections.abc import Mapping
from typing import Final

from jackfield.engine.oauth.errors import ClientRefused, GrantRefused
from jackfield.kit.errors import HubError, ProviderError, ProviderUnauthorized
from jackfield.kit.json import DecodeError, Json, is_object, parse

_GRANT: Final = frozenset(
    {
        "invalid_grant", "interaction_required", "consent_required", "login_required",
        "bad_refresh_token", "invalid_refresh_token",
    }
)  # fmt: skip
_CLIENT: Final = frozenset(
    {"invalid_client", "unauthorized_client", "incorrect_client_credentials"}
)


def blamed(error: HubError, *, own_credentials: bool) -> HubError:
    """
    Return an error by whose fault it is: by its code, never by its words.

    The connector's own words for it, and the fields that they are about, stay.

    With `own_credentials` nothing but the account's credentials were sent, so that a plain 401 is
    about them.
    """
    if not isinstance(error, ProviderError):
        return error
    answer = error.answer
    kind = _kind_of(None if answer is None else answer.raw)
    if kind is None and own_credentials and isinstance(error, ProviderUnauthorized):
        kind = GrantRefused
    if kind is None:
        return error
    return kind(error.detail if error.faults else None, answer=answer, faults=error.faults)


def refusal_in(body: bytes) -> ProviderError | None:
    """Return the refusal that an answer is whose status says success."""
    document = json_of(body)
    kind = _kind_of(document)
    return None if kind is None else kind()


def json_of(body: bytes) -> Mapping[str, Json]:
    """Return the object that a body is; empty if it is something else."""
    try:
        document = parse(body)
    except (DecodeError, RecursionError, UnicodeError):
        return {}
    return document if is_object(document) else {}


def _kind_of(document: object) -> type[ProviderError] | None:
    code = document.get("error") if isinstance(document, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if code in _GRANT:
        return GrantRefused
    return ClientRefused if code in _CLIENT else None
