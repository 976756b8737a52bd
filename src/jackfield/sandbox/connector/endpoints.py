"""The provider's endpoints, as the steps of a connector's actions call them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from urllib.parse import unquote

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.connector import Connector
from jackfield.kit.json import Json, is_list, is_object, items, mapping, text

_CALLS: Final = frozenset({
    "request", "paginated_request", "upload_file", "upload_binary", "download_file",
    "soap_request", "soap_paginated_request",
})  # fmt: skip
_PART: Final = re.compile(r"\$\{(.*?)\}")
_METHODS: Final = {"upload_file": "POST", "upload_binary": "POST"}
_NAMED: Final = re.compile(r"\{(\w+)\}")
_INPUT: Final = re.compile(r"\binputs\.(\w+)")
_PLAIN: Final = re.compile(r"\$\.inputs\.(\w+)|\$\{inputs\.(\w+)\}|\{\{\s*inputs\.(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Argument:
    """A value of a request: that of an input, or a constant, or neither where it is worked out."""

    name: str
    place: str
    input: str = ""
    constant: str | None = None
    is_whole_body: bool = False
    is_conditional: bool = False


@dataclass(frozen=True, eq=False)
class Endpoint:
    """One request of an action; `segments` are texts, and names of inputs as `{name}`."""

    action: str
    info: ActionInfo | None
    document: Mapping[str, Json]
    parameters: Mapping[str, Json]
    method: str
    segments: tuple[str, ...]
    arguments: tuple[Argument, ...]
    bases: frozenset[str] = field(default_factory=frozenset[str])
    is_soap: bool = False

    @property
    def kind(self) -> str:
        return text(self.document, "actionType")

    @property
    def effects(self) -> frozenset[str]:
        return frozenset(self.info.effects if self.info is not None else ())

    @property
    def data_key(self) -> str:
        return text(mapping(self.parameters, "response"), "dataKey")

    @property
    def next_key(self) -> str:
        return text(mapping(self.parameters, "response"), "nextKey")

    @property
    def iterator(self) -> Mapping[str, Json]:
        return mapping(self.parameters, "iterator")

    @property
    def operation(self) -> str:
        """The element around what is sent by SOAP; an empty name where that is worked out."""
        named = text(self.parameters, "soapOperation")
        return "" if "$" in named or "{{" in named else named.rpartition(":")[2]

    @property
    def has_name_token(self) -> bool:
        """Whether the envelope says whose it is, by user name and password."""
        own = "envelope" in self.parameters or self.parameters.get("useSoapContext") is False
        return self.is_soap and not own

    @property
    def outline(self) -> Json:
        """The outline of the data; `None` if the connector has none."""
        return self.document.get("output")

    @property
    def names(self) -> list[str]:
        """The names of the path's parameters, in order."""
        return [name for each in self.segments for name in _NAMED.findall(each)]

    @property
    def specificity(self) -> tuple[int, tuple[bool, ...]]:
        """What to sort by, so that the endpoint that says most about a path comes first."""
        return (-len(self.segments), tuple("{" in each for each in self.segments))

    @property
    def is_of_one(self) -> bool:
        """Whether its path ends with the id of what it is about."""
        return _NAMED.fullmatch(self.segments[-1]) is not None

    @property
    def own_id_input(self) -> Mapping[str, Json] | None:
        """The input that is the id of what it is about, where that is in the path."""
        if not self.is_of_one or self.kind in {"list", "create"}:
            return None
        name = self.names[-1]
        return next((each for each in self.inputs() if text(each, "name") == name), None)

    def inputs(self) -> Iterator[Mapping[str, Json]]:
        return items(self.document, "inputs")

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's parameters, if the request is for this endpoint."""
        if method != self.method:
            return None
        for base in self.bases:
            if path.startswith(base):
                found = self._match(path[len(base) :])
                if found is not None:
                    return found
        return None

    def _match(self, path: str) -> dict[str, str] | None:
        given = path.strip("/").split("/")
        if len(given) != len(self.segments):
            return None
        values: dict[str, str] = {}
        for expected, sent in zip(self.segments, given, strict=True):
            found = _pattern(expected).fullmatch(unquote(sent))
            if found is None:
                return None
            values |= found.groupdict()
        return values


@cache
def _pattern(segment: str) -> re.Pattern[str]:
    """Return what a part of a path looks like, with a group for each name in it."""
    parts = _NAMED.split(segment)
    return re.compile(
        "".join(
            f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        ),
        re.DOTALL,
    )


def read_endpoints(connector: Connector) -> list[Endpoint]:
    """Return the endpoints that actions, tests and renewals call, without their bases."""
    document = connector.compilation.document
    infos = {action.name: action for action in connector.actions}
    found = [
        endpoint
        for entry in items(document, "actions")
        for endpoint in _of_action(entry, infos.get(text(entry, "actionId")))
    ]
    known = {id(entry) for entry in items(document, "actions")}
    for entry in _inline_actions(document.get("authentication")):
        if id(entry) not in known:
            found += _of_action(entry, None)
    return found


def _inline_actions(document: Json) -> Iterator[Mapping[str, Json]]:
    if is_object(document):
        if is_list(document.get("steps")):
            yield document
        for inner in document.values():
            yield from _inline_actions(inner)
    elif is_list(document):
        for inner in document:
            yield from _inline_actions(inner)


def _of_action(entry: Mapping[str, Json], info: ActionInfo | None) -> Iterator[Endpoint]:
    for step in items(entry, "steps"):
        call = mapping(step, "stepFunction")
        name = text(call, "functionName")
        if name in _CALLS:
            parameters = mapping(call, "parameters")
            yield Endpoint(
                action=text(entry, "actionId"),
                info=info,
                document=entry,
                parameters=parameters,
                method=text(parameters, "method").upper() or _METHODS.get(name, "GET"),
                segments=_segments(text(parameters, "url")),
                arguments=tuple(map(_argument, items(parameters, "args"))),
                is_soap=name.startswith("soap_"),
            )


def _segments(url: str) -> tuple[str, ...]:
    """Split a path, in which an expression may hold any character, at its slashes."""
    path = _PART.sub(lambda found: "{" + _name(found[1]) + "}", url)
    return tuple(path.partition("?")[0].strip("/").split("/"))


def _name(expression: str) -> str:
    found = _INPUT.search(expression)
    return found[1] if found else re.sub(r"\W", "_", expression)


def _argument(entry: Mapping[str, Json]) -> Argument:
    value, place = entry.get("value"), text(entry, "in")
    name = text(entry, "name")
    whole = entry.get("spread") is True or entry.get("inline") is True
    conditional = "condition" in entry
    if not isinstance(value, str):
        plain = isinstance(value, bool | int | float)
        constant = str(value).lower() if plain else None
        return Argument(name, place, "", constant, whole, conditional)
    found = _PLAIN.fullmatch(value.strip())
    if found:
        return Argument(name, place, next(filter(None, found.groups())), None, whole, conditional)
    is_worked_out = any(mark in value for mark in ("$.", "${", "{{"))
    return Argument(name, place, "", None if is_worked_out else value, whole, conditional)


def find_endpoint(
    endpoints: Sequence[Endpoint], method: str, path: str
) -> list[tuple[Endpoint, dict[str, str]]]:
    """Return the endpoints that a request can be for, with the path's parameters; the best first."""
    found = [
        (endpoint, values)
        for endpoint in endpoints
        if (values := endpoint.match(method, path)) is not None
    ]
    return sorted(found, key=lambda each: each[0].specificity)
