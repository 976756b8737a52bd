"""Requests of a connector, as its document has them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from jackfield.connectors.connector import Connector
from jackfield.connectors.drift.addresses import Address, addresses_of
from jackfield.kit.json import Json, is_object, items, mapping, text, words

JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
_INPUT: Final = re.compile(r"\$\.inputs\.([\w-]+)|\$\.inputs\['([^']+)'\]")
_SENDING: Final = frozenset(
    {"request", "paginated_request", "upload_file", "upload_binary", "download_file"}
)
# Headers of every request, which no description has.
_PLAIN_HEADERS: Final = frozenset(
    {"accept", "content-type", "authorization", "user-agent", "cookie"}
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A parameter that is sent: the input it comes from, if it is one, and whether it always is."""

    source: Mapping[str, Json] | None
    is_always: bool


@dataclass(frozen=True, slots=True)
class SentRequest:
    """
    One request of an action, or of an auth method's own steps.

    `parameters` are by place and name; `whole` is what the whole body is made of, if it is one input.
    With `follows_addresses`, the provider says where its next page is.
    """

    subject: str
    name: str
    method: str
    addresses: list[Address]
    parameters: Mapping[tuple[str, str], Sent]
    whole: Sent | None
    media: str | None
    scopes: frozenset[str]
    is_deprecated: bool
    follows_addresses: bool


def requests_of(connector: Connector) -> Iterator[SentRequest]:
    """Yield the requests of a connector's actions, then those of its auth methods."""
    document = connector.compilation.document
    for action in items(document, "actions"):
        yield from _requests(document, action, text(action, "actionId"))
    for entry in items(document, "authentication"):
        for key, method in entry.items():
            for action in _inline(method):
                name = text(action, "actionId")
                yield from _requests(document, action, f"{key}: {name}" if name else key)


def _inline(method: Json) -> Iterator[Mapping[str, Json]]:
    if not is_object(method):
        return
    for owner in (
        *items(method, "testActions"),
        mapping(method, "identity"),
        mapping(method, "tenants"),
    ):
        if is_object(owner.get("action")):
            yield owner["action"]


def _requests(
    document: Mapping[str, Json], action: Mapping[str, Json], subject: str
) -> Iterator[SentRequest]:
    for step in items(action, "steps"):
        for function in (mapping(step, "stepFunction"), *items(step, "stepFunctions")):
            if text(function, "functionName") in _SENDING:
                yield _request(document, action, subject, function)


def _request(
    document: Mapping[str, Json],
    action: Mapping[str, Json],
    subject: str,
    function: Mapping[str, Json],
) -> SentRequest:
    parameters = mapping(function, "parameters")
    url = text(parameters, "url")
    base = text(parameters, "baseUrl") or text(document, "baseUrl")
    reader = _Arguments({text(each, "name"): each for each in items(action, "inputs")})
    for name, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True):
        reader.found["query", name] = Sent(None, is_always=True)
    for arg in items(parameters, "args"):
        reader.add(arg)
    iterator = mapping(parameters, "iterator")
    if key := text(iterator, "key"):
        reader.found[text(iterator, "in"), key] = Sent(None, is_always=True)
    reader.add_files(function, parameters)
    scopes = action.get("requiredScopes")
    return SentRequest(
        subject=subject,
        name=text(action, "actionId"),
        method=(text(parameters, "method") or "post").lower(),
        addresses=addresses_of(base, url),
        parameters=reader.found,
        whole=reader.whole,
        media=reader.media,
        scopes=frozenset(scopes.split() if isinstance(scopes, str) else words(scopes)),
        is_deprecated=text(action, "releaseStage") == "deprecated",
        follows_addresses=text(iterator, "mode") in ("url", "link"),
    )


@dataclass(slots=True)
class _Arguments:
    """The parameters of one request, as they are read."""

    inputs: Mapping[str, Mapping[str, Json]]
    found: dict[tuple[str, str], Sent] = field(default_factory=dict[tuple[str, str], Sent])
    whole: Sent | None = None
    media: str | None = None

    def add(self, arg: Mapping[str, Json]) -> None:
        place, name, value = text(arg, "in"), text(arg, "name"), arg.get("value")
        if place == "headers" and name.lower() == "content-type":
            self.media = str(value).partition(";")[0].strip().lower()
            return
        if place == "headers" and name.lower() in _PLAIN_HEADERS:
            return
        if isinstance(value, str) and "credentials" in value:
            return
        sent = self._sent(arg, value)
        if place == "body" and (arg.get("spread") is True or arg.get("inline") is True):
            self.whole = sent
        else:
            self.found[place, name] = sent
        if place == "body" and self.media is None:
            self.media = JSON

    def add_files(self, function: Mapping[str, Json], parameters: Mapping[str, Json]) -> None:
        kind = text(function, "functionName")
        if kind == "upload_binary":
            self.media = text(mapping(parameters, "binaryContent"), "contentType") or None
            self.whole = Sent(None, is_always=True)
        if kind == "upload_file":
            self.media = MULTIPART
            named = text(mapping(parameters, "file"), "fieldName") or "file"
            self.found["body", named] = Sent(None, is_always=True)
            for each in items(parameters, "additionalFields"):
                self.found["body", text(each, "name")] = self._sent(each, each.get("value"))

    def _sent(self, arg: Mapping[str, Json], value: Json) -> Sent:
        named = _INPUT.fullmatch(value) if isinstance(value, str) else None
        source = self.inputs.get(named[1] or named[2]) if named else None
        if source is None:
            return Sent(None, is_always="condition" not in arg)
        is_given = source.get("required") is True or "default" in source
        return Sent(source, is_always=is_given and "condition" not in arg)
