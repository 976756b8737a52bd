"""Invention of credentials: they look right for their connector, and open nothing anywhere."""

import secrets
import string
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.field_validation import check_credentials
from jackfield.connectors.fields import Field
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, REFRESH_TOKEN, Tokens

_LETTERS: Final = string.ascii_letters + string.digits
# The shapes that keys of providers have, the most usual first.
_SHAPES: Final[tuple[Callable[[], str], ...]] = (
    lambda: secrets.token_hex(16),
    lambda: secrets.token_hex(20),
    lambda: secrets.token_hex(32),
    lambda: str(uuid.uuid4()),
    lambda: "".join(secrets.choice(_LETTERS) for _ in range(40)),
    lambda: "".join(secrets.choice(string.digits) for _ in range(12)),
    lambda: "".join(secrets.choice(_LETTERS) for _ in range(20)),
)


def invent_values(method: AuthMethod) -> dict[str, str]:
    """Return values for the fields of a method's form, of which the secret ones are made up."""
    values: dict[str, str] = {}
    for field in method.config_fields:
        if field.condition is None and not field.computed:
            values[field.key] = _invent(field)
    return values


def invent_tokens(method: AuthMethod) -> Tokens | None:
    """Return tokens where a method signs in; without an end, so that nothing renews them."""
    if not method.signs_in and not method.gets_tokens_alone:
        return None
    return Tokens(
        {ACCESS_TOKEN: secrets.token_urlsafe(48), REFRESH_TOKEN: secrets.token_urlsafe(48)}
    )


def _invent(field: Field) -> str:
    if field.options:
        return field.options[0].value
    if field.value is not None:
        return field.value
    candidates = list(_candidates(field))
    return next((each for each in candidates if _fits(field, each)), candidates[0])


def _candidates(field: Field) -> Iterator[str]:
    # What the form shows as an example has the shape, if it is one.
    if not field.secret and field.placeholder:
        yield field.placeholder
    for shape in _SHAPES:
        yield shape()


def _fits(field: Field, value: str) -> bool:
    checked = check_credentials((field,), {field.key: value})
    return not checked.faults and not checked.warnings
