"""The parts of a request that are signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, quote

from msgspec import structs

from jackfield.engine import compat
from jackfield.engine.auth.additions import Additions, add, with_headers
from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.ports import Request, Signer
from jackfield.engine.wire.url import origin_of, path_and_query

_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Signable:
    """The parts of a request that a signature covers.

    `headers` are those of the connector, before authorization and defaults are added.
    """

    request: Request
    method: str
    host: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    signer: Signer | None = None

    def form(self) -> tuple[tuple[str, str], ...]:
        """Return the fields of the body, if it is a form."""
        is_form = any(
            name.lower() == "content-type" and value.lower().startswith(_FORM)
            for name, value in self.request.headers.items()
        )
        text = self.body.decode("utf-8", "replace") if is_form else ""
        return tuple(parse_qsl(text, keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a request is authorized: what expressions see, and what signs with keys."""

    scope: EvaluationScope
    mode: Mode
    signer: Signer | None


Sign: TypeAlias = Callable[[Signable, EvaluationScope], Additions]


def signable(request: Request, own_headers: Mapping[str, str], mode: Mode) -> Signable:
    path, _, query = path_and_query(request.url).partition("?")
    body = request.body or b""
    if mode == "compat":
        body = compat.signed_body(body)
    return Signable(
        request=request,
        method=request.method,
        host=origin_of(request.url).partition("://")[2],
        path=path,
        pairs=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=own_headers,
        body=body,
    )


def signed_later(
    request: Request, own_headers: Mapping[str, str], sign: Sign, situation: Situation
) -> Request:
    """Return the request with a signature that is made when it is sent, for each attempt anew."""

    def complete(unsigned: Request) -> Request:
        unsigned = structs.replace(unsigned, sign=None)
        parts = signable(unsigned, own_headers, situation.mode)
        return add(unsigned, sign(replace(parts, signer=situation.signer), situation.scope))

    return structs.replace(request, sign=complete)


def with_additions(signed: Signable, added: Additions) -> Signable:
    """Return the parts of a request to which something is added before it is signed."""
    request = add(signed.request, added)
    made = signable(request, with_headers(signed.headers, added.headers), "strict")
    return replace(made, signer=signed.signer)


def canonical_query(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return the query string of the pairs: sorted and escaped as in RFC 3986."""
    escaped = sorted(
        (quote(name, safe="", errors="replace"), quote(value, safe="", errors="replace"))
        for name, value in pairs
    )
    return "&".join(f"{name}={value}" for name, value in escaped)
