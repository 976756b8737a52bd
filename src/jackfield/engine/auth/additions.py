"""Additions to a request that authorize it: headers, query parameters, cookies, fields of the body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from urllib.parse import urlencode

from msgspec.structs import replace

from jackfield.engine.ports import Request
from jackfield.engine.wire.body import add_fields, header_name
from jackfield.engine.wire.url import join_query, without_parameters

Pairs: TypeAlias = Sequence[tuple[str, str]]

COOKIE: Final = "Cookie"


@dataclass(frozen=True, slots=True)
class Additions:
    """Headers, query parameters and fields of the body; `secrets` are texts in them to be masked."""

    headers: Pairs = ()
    query: Pairs = ()
    body: Pairs = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)


def add(request: Request, added: Additions) -> Request:
    """
    Return the request with the additions, which replace what has their names.

    Raises:
        InvalidStep: the body can take no fields.
    """
    headers, content, url = with_headers(request.headers, added.headers), request.body, request.url
    if added.query:
        url = without_parameters(url, [name for name, _ in added.query])
        separator = "&" if "?" in url else "?"
        url = join_query(url, urlencode(added.query), separator=separator)
    if added.body:
        content = add_fields(content, headers, added.body)
    secrets = (*request.secrets, *added.secrets)
    return replace(request, url=url, headers=headers, body=content, secrets=secrets)


def with_headers(headers: Mapping[str, str], added: Pairs) -> dict[str, str]:
    """Return `headers` with `added`; cookies join those that are there."""
    made = dict(headers)
    for name, value in added:
        spelled = header_name(made, name.lower())
        before = None if spelled is None else made.pop(spelled)
        made[name] = _joined(before, value) if before and name == COOKIE else value
    return made


def _joined(before: str, cookies: str) -> str:
    names = {_name(cookie) for cookie in cookies.split(";")}
    kept = [each.strip() for each in before.split(";") if _name(each) not in names]
    return "; ".join([*filter(None, kept), cookies])


def _name(cookie: str) -> str:
    return cookie.partition("=")[0].strip()
