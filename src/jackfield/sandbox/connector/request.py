"""A request as it came in, with its query and body read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl, unquote

from jackfield.engine.wire.body import is_xml
from jackfield.kit.json import DecodeError, Json, is_list, is_object, parse
from jackfield.sandbox.connector.envelopes import Envelope, read_body, read_envelope
from jackfield.sandbox.listener import Scope

FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = re.compile(r"application/(?:[\w.+-]+\+)?json")
_BRACKETS: Final = re.compile(r"\[([^\]]*)\]")


class Unreadable(Exception):
    """A body is not what its content type says, or has one that is not taken."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    target: str
    headers: Mapping[str, str]
    query: Mapping[str, Json]
    content: bytes

    @classmethod
    def of(cls, scope: Scope, content: bytes) -> Self:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        # As it was sent: a slash within a part of the path stays one.
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1").partition("?")[0]
        raw_query = scope["query_string"].decode("latin-1")
        pairs = parse_qsl(raw_query, keep_blank_values=True)
        target = f"{path}?{raw_query}" if raw_query else path
        return cls(scope["method"], path, target, headers, _nested(pairs), content)

    @property
    def origin(self) -> str:
        return f"http://{self.headers.get('host', 'localhost')}"

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def envelope(self) -> Envelope | None:
        """The SOAP envelope that the body is; `None` if it is none."""
        if not is_xml(self.content_type):
            return None
        try:
            return read_envelope(self.content)
        except ValueError:
            return None

    def body(self) -> Json:
        """
        Return the body's value; nothing of one that is neither JSON nor XML nor a form.

        Raises:
            Unreadable: it is not what its content type says.
        """
        if not self.content:
            return None
        try:
            if _JSON.fullmatch(self.content_type):
                return parse(self.content)
            if self.content_type == FORM:
                pairs = parse_qsl(self.content.decode(), keep_blank_values=True)
                return _nested(pairs)
            if is_xml(self.content_type):
                return read_body(self.content)
        except (DecodeError, ValueError) as error:
            msg = f"The body is not {self.content_type}."
            raise Unreadable(msg) from error
        return None


def _nested(pairs: list[tuple[str, str]]) -> dict[str, Json]:
    """Return the parameters of a query or form: `a[b]=1` as an object, and several as a list."""
    found: dict[str, Json] = {}
    for name, value in pairs:
        first, bracket, _ = name.partition("[")
        path = [first, *_BRACKETS.findall(name)] if bracket and first else [unquote(name)]
        # Some names have brackets of their own: they are there as they are written, too.
        if bracket:
            found[name] = value
        _set(found, path, value)
    return {name: _listed(value) for name, value in found.items()}


def _set(owner: dict[str, Json], path: list[str], value: str) -> None:
    for name in path[:-1]:
        inner = owner.get(name)
        if not is_object(inner):
            inner = owner[name] = dict[str, Json]()
        owner = inner
    name = path[-1] or str(len(owner))
    known = owner.get(name)
    if known is None or is_object(known):
        owner[name] = value
    else:
        owner[name] = [*known, value] if is_list(known) else [known, value]


def _listed(value: Json) -> Json:
    """Return an object whose names are 0, 1, 2 and so on as the list that was written."""
    if not is_object(value):
        return value
    inner = {name: _listed(each) for name, each in value.items()}
    if inner and list(inner) == [str(number) for number in range(len(inner))]:
        return list(inner.values())
    return inner
