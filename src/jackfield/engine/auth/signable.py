"""The parts of a request that are signed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qsl, quote

from jackfield.engine import compat
from jackfield.engine.compat import Mode
from jackfield.engine.expressions.jexl import EvaluationScope
from jackfield.engine.ports import Request
from jackfield.engine.wire.url import origin_of, path_and_query


@dataclass(frozen=True, slots=True)
class Signable:
    """The parts of a request that a signature covers.

    `headers` are those of the connector, before authorization and defaults are added.
    """

    method: str
    host: str
    path: str
    pairs: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


Sign: TypeAlias = Callable[[Signable, EvaluationScope], dict[str, str]]


def signable(request: Request, own_headers: Mapping[str, str], mode: Mode) -> Signable:
    path, _, query = path_and_query(request.url).partition("?")
    body = request.body or b""
    if mode == "compat":
        body = compat.signed_body(body)
    return Signable(
        method=request.method,
        host=origin_of(request.url).partition("://")[2],
        path=path,
        pairs=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=own_headers,
        body=body,
    )


def canonical_query(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return the query string of the pairs: sorted and escaped as in RFC 3986."""
    escaped = sorted(
        (quote(name, safe="", errors="replace"), quote(value, safe="", errors="replace"))
        for name, value in pairs
    )
    return "&".join(f"{name}={value}" for name, value in escaped)
