"""A request as it came in."""

import base64
import binascii
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl

from jackfield.kit.json import DecodeError, Json, as_object, parse
from jackfield.sandbox.listener import Scope
from jackfield.sandbox.oauth.refusals import invalid_request

_ELEMENT: Final = re.compile(r"<(\w+)>([^<]*)</\1>")
FORM: Final = "application/x-www-form-urlencoded"
XML: Final = "application/xml"


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    origin: str

    @classmethod
    def of(cls, scope: Scope, body: bytes) -> Self:
        headers = {
            name.decode("latin-1").lower(): text.decode("latin-1")
            for name, text in scope["headers"]
        }
        return cls(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            headers,
            body,
            f"{scope['scheme']}://{headers.get('host', 'localhost')}",
        )

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (each.partition("=") for each in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs}

    @property
    def basic(self) -> tuple[str, str] | None:
        """The two halves of HTTP Basic, as they are."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return name, password

    @property
    def bearer(self) -> str:
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value if scheme.lower() == "bearer" else ""

    @property
    def values(self) -> dict[str, Json]:
        """The parameters of the body, however it is written; none if it cannot be read."""
        readers = {FORM: self.form, "application/json": self.json}
        try:
            return dict(readers.get(self.content_type, self.xml)())
        except Exception:  # noqa: BLE001 - to be refused by who needs it
            return {}

    def form(self) -> dict[str, str]:
        """
        Read the body as a form, or an empty one.

        Raises:
            OAuthError: a parameter comes twice, or it is no text.
        """
        try:
            pairs = parse_qsl(self.body.decode(), keep_blank_values=True)
        except UnicodeDecodeError as error:
            msg = "the form is not UTF-8"
            raise invalid_request(msg) from error
        if len(dict(pairs)) != len(pairs):
            msg = "a parameter comes twice"
            raise invalid_request(msg)
        return dict(pairs)

    def json(self) -> dict[str, Json]:
        """
        Read the body as a JSON object.

        Raises:
            OAuthError: it is none.
        """
        try:
            return as_object(parse(self.body))
        except DecodeError as error:
            msg = "the body is not JSON"
            raise invalid_request(msg) from error

    def xml(self) -> dict[str, str]:
        """Read the innermost elements of an XML body."""
        text = self.body.decode("utf-8", "replace")
        return {name: html.unescape(value) for name, value in _ELEMENT.findall(text)}
