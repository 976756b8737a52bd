"""Finding the client that a request is about, before its rules say where it had to be named."""

from collections.abc import Iterator
from urllib.parse import unquote_plus

from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from jackfield.kit.json import DecodeError, Json, as_object, parse
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.clients import Client
from jackfield.sandbox.oauth.request import Request


def identify(authority: Authority, request: Request) -> Client | None:
    """Return the client that anything in the request leads to, ids before secrets and tokens."""
    names = list(dict.fromkeys(_names(request)))
    return next(
        (client for name in names if (client := authority.clients.get(name))), None
    ) or next((client for name in names if (client := authority.client_of(name))), None)


def claims_of(assertion: object) -> dict[str, Json]:
    """Return the claims of a JWT that nothing is known of yet."""
    try:
        return as_object(parse(extract_compact(str(assertion).encode()).payload))
    except (JoseError, DecodeError, ValueError):
        return {}


def _names(request: Request) -> Iterator[str]:
    if request.basic is not None:
        for half in request.basic:
            yield from (half, unquote_plus(half))
        # A secret in the place of the user name may have a colon of its own.
        yield ":".join(request.basic).removesuffix(":")
    values = [*request.query.values(), *request.values.values()]
    for value in values:
        if isinstance(value, str) and value:
            yield value
            if value.count(".") == 2:  # noqa: PLR2004 - the dots of a JWT
                yield from (str(claims_of(value).get(name)) for name in ("iss", "sub"))
    yield from request.headers.values()
    yield request.headers.get("authorization", "").rpartition(" ")[2]
    yield from (value for value in request.cookies.values() if value)
    yield from request.path.split("/")
