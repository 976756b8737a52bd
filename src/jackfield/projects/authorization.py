"""API key from an `Authorization` header, in each form clients send."""

import base64
import binascii

from jackfield.projects.models import ApiKeyToken, Unauthenticated


def read_api_key(header: str | None) -> ApiKeyToken:
    """
    Return the API key of an `Authorization` header.

    Accepted: HTTP Basic with the key as user name (with or without the colon) or as password,
    Bearer, and the key alone, as some MCP clients send it.

    Raises:
        Unauthenticated: there is none.
    """
    kind, _, value = (header or "").strip().partition(" ")
    value = value.strip()
    if kind.lower() == "bearer" and value:
        return ApiKeyToken(value)
    if kind.lower() == "basic":
        return ApiKeyToken(_from_basic(value))
    if kind.startswith(ApiKeyToken.prefix) and not value:
        return ApiKeyToken(kind)
    raise Unauthenticated


def _from_basic(value: str) -> str:
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthenticated from None
    name, _, password = text.partition(":")
    key = name or password
    if not key:
        raise Unauthenticated
    return key
