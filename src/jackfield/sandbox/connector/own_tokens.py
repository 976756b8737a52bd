"""Access tokens that a client signs itself, with a secret that its provider has as well."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from jackfield.kit.json import items, mapping, text
from jackfield.sandbox.connector.credentials import Login

_PLACE: Final = "$.credentials."
_UNREADABLE: Final = (JoseError, ValueError, TypeError)


def is_signed_by(login: Login, token: str, now: datetime) -> bool:
    """Return whether a login signed a token, and the token has not ended."""
    for algorithm, secret in _secrets(login):
        try:
            claims = jwt.decode(token, OctKey.import_key(secret), algorithms=[algorithm]).claims
        except _UNREADABLE:
            continue
        ends_at = claims.get("exp")
        return isinstance(ends_at, int | float) and now.timestamp() < ends_at
    return False


def _secrets(login: Login) -> Iterator[tuple[str, str]]:
    refresh = login.method.refresh
    for step in items(refresh.action if refresh is not None else {}, "steps"):
        call = mapping(step, "stepFunction")
        signed = mapping(call, "parameters")
        algorithm, place = text(signed, "algorithm"), text(signed, "privateKey")
        secret = login.values.get(place.removeprefix(_PLACE), "")
        if text(call, "functionName") == "sign_jwt" and algorithm.startswith("HS") and secret:
            yield algorithm, secret
