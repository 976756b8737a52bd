"""Expected requests of a case, compared with the requests that were sent."""

from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from jackfield.connectors import patterns
from jackfield.engine.ports import Request
from jackfield.kit.json import Json, is_object
from jackfield.testing.differences import differences, show


class Expectation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A request, as far as the case cares.

    `query` and the body are all of it, `headers` only those that matter. `path` is compared as it
    is on the wire if it has a `%`, and decoded otherwise. The body is given as `body` (JSON, or
    its text), as `form`, as `parts` of a multipart form, or by texts it `contains`. A header, or a
    value of query or form, may be `{matches: …}`: a regular expression for what varies.
    """

    method: str
    path: str
    host: str | None = None
    query: dict[str, Json] = {}
    headers: dict[str, str | dict[str, str]] = {}
    body: Json = None
    form: dict[str, Json] | None = None
    parts: dict[str, str] | None = None
    contains: list[str] | None = None


def compare(expected: Expectation, sent: Request) -> Iterator[str]:
    """Yield what is different about the request that was sent."""
    parts = urlsplit(sent.url)
    path = parts.path if "%" in expected.path else unquote(parts.path)
    yield from differences(expected.method, sent.method, "method")
    yield from differences(expected.path, path, "path")
    if expected.host is not None:
        yield from differences(expected.host, parts.netloc, "host")
    yield from _pair_differences(expected.query, parts.query, "query")
    headers = {name.lower(): value for name, value in sent.headers.items()}
    for name, value in expected.headers.items():
        sent_value = headers.get(name.lower())
        yield from differences(_met(value, sent_value), sent_value, f"headers.{name}")
    yield from _body_differences(expected, sent)


def _body_differences(expected: Expectation, sent: Request) -> Iterator[str]:
    body = sent.body or b""
    if expected.form is not None:
        yield from _pair_differences(expected.form, body.decode(), "form")
    elif expected.parts is not None:
        yield from differences(expected.parts, _parts(sent), "parts")
    elif expected.contains is not None:
        text = body.decode("utf-8", "replace")
        missing = [each for each in expected.contains if each not in text]
        yield from (f"body: expected {show(each)} in {show(text)}" for each in missing)
    elif isinstance(expected.body, str):
        yield from differences(expected.body, body.decode("utf-8", "replace"), "body")
    else:
        yield from differences(expected.body, _json(body), "body")


def _parts(sent: Request) -> dict[str, str]:
    """Read a multipart form: its parts' texts by name."""
    kind = next(
        (value for name, value in sent.headers.items() if name.lower() == "content-type"), ""
    )
    message = message_from_bytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + (sent.body or b""), policy=HTTP
    )
    return {
        str(part.get_param("name", header="content-disposition")): _content(part)
        for part in message.iter_parts()
    }


def _content(part: Message) -> str:
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""


def _json(body: bytes) -> Json:
    try:
        return msgspec.json.decode(body) if body else None
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")


def _pair_differences(expected: Mapping[str, Json], encoded: str, at: str) -> Iterator[str]:
    sent = _decode(encoded)
    met = {name: _met(value, *sent.get(name, ())) for name, value in expected.items()}
    yield from differences(_pairs(met), sent, at)


def _met(expected: Json, *sent: str | None) -> Json:
    """Return what is sent if it matches as a whole, and what is expected if it does not."""
    if is_object(expected) and len(sent) == 1 and sent[0] is not None:
        pattern = expected.get("matches")
        if isinstance(pattern, str) and _fits(pattern, sent[0]):
            return sent[0]
    return expected


def _fits(pattern: str, text: str) -> bool:
    """Match a whole text, in time that grows with its length: a case may come from a stranger."""
    return patterns.fault(pattern) is None and patterns.matches(f"^(?:{pattern})$", text)


def _pairs(values: Mapping[str, Json]) -> dict[str, list[str]]:
    return {
        name: [
            _spell(each)
            for each in cast("list[Json]", value if isinstance(value, list) else [value])
        ]
        for name, value in values.items()
    }


def _decode(encoded: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return values


def _spell(value: Json) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
