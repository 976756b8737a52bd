"""Operations that an API description publishes, to be compared with requests."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final
from urllib.parse import urlsplit

from jackfield.connectors.drift.addresses import ANY, Address
from jackfield.connectors.openapi.document import LeftOut, OpenApi
from jackfield.connectors.openapi.schemas import alternatives, merged, to_input, to_inputs
from jackfield.connectors.openapi.selection import Operation, read_operations
from jackfield.kit.json import Json, as_list, is_object, items, mapping, text, texts

_VARIABLE: Final = re.compile(r"\{([^{}]*)\}")
_PLACES: Final = {"query": "query", "header": "headers"}
_OWN_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})
_MOST_CHOICES: Final = 50
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Body:
    """A body in one media type: its fields, or what it is as a whole; neither if all will do."""

    fields: Mapping[str, Mapping[str, Json]] | None
    whole: Mapping[str, Json]
    is_required: bool


@dataclass(frozen=True, slots=True)
class Published:
    """
    One operation. `parameters` are inputs, as an import would make them, by place and name.

    `scopes` are the ways to be allowed it, each a set of scopes; none where any will do.
    """

    api: OpenApi
    operation: Operation
    addresses: tuple[Address, ...]
    has_servers: bool
    parameters: Mapping[tuple[str, str], Mapping[str, Json]]
    scopes: Sequence[frozenset[str]]

    @property
    def subject(self) -> str:
        return f"{self.operation.method.upper()} {self.addresses[0].whole}"

    @property
    def is_deprecated(self) -> bool:
        return self.operation.document.get("deprecated") is True

    @property
    def media(self) -> Sequence[str]:
        """The media types that its body may be in; none if it has no body."""
        body = self._body_document()
        return [each.partition(";")[0].strip().lower() for each in mapping(body, "content")]

    def body(self, media: str) -> Body | None:
        """Return its body in a media type; `None` if it has none, or cannot be read."""
        document = self._body_document()
        content = mapping(document, "content")
        chosen = next((each for each in content if _covers(each, media)), None)
        if chosen is None:
            return None
        schema = merged(self.api, mapping(content, chosen).get("schema"))
        required = document.get("required") is True
        self.api.begin()
        try:
            shapes = alternatives(self.api, schema)
            whole = to_input(self.api, "body", schema, required=required)
            inputs = to_inputs(self.api, shapes[0]) if len(shapes) == 1 else []
        except LeftOut:
            return Body(None, {}, is_required=required)
        fields = {str(each["name"]): each for each in inputs} or None
        return Body(fields, whole, is_required=required)

    def _body_document(self) -> Mapping[str, Json]:
        if "requestBody" not in self.operation.document:
            return {}
        return self.api.follow(self.operation.document["requestBody"])


def read_published(api: OpenApi) -> list[Published]:
    """Return all operations of a document."""
    return [_published(api, each) for each in read_operations(api, longest=_LONGEST)]


def _published(api: OpenApi, operation: Operation) -> Published:
    owners = (operation.document, operation.shared, api.root)
    servers = next(filter(None, (list(items(each, "servers")) for each in owners)), None) or []
    path = _VARIABLE.sub(ANY, operation.sent_path.partition("?")[0])
    bases = [each for server in servers for each in _server_addresses(server)]
    addresses = [
        Address(urlsplit(each).netloc.lower(), urlsplit(each).path, path) for each in bases
    ]
    return Published(
        api=api,
        operation=operation,
        addresses=tuple(dict.fromkeys(addresses)) or (Address("", "", path),),
        has_servers=bool(servers),
        parameters=dict(_parameters(api, operation)),
        scopes=list(_scopes(api, operation.document)),
    )


def _server_addresses(server: Mapping[str, Json]) -> Iterator[str]:
    """Yield the addresses of a server, with its variables filled in where they are in the path."""
    address = text(server, "url").partition("?")[0]
    variables = mapping(server, "variables")
    head = re.match(r"(?:[^/]*//[^/]*)?", address)
    host = head[0] if head else ""
    path = address[len(host) :]
    names = _VARIABLE.findall(path)
    values = [_values(mapping(variables, name)) for name in names]
    for number, chosen in enumerate(product(*values)):
        if number >= _MOST_CHOICES:
            return
        given = iter(chosen)
        yield _VARIABLE.sub(ANY, host) + _VARIABLE.sub(lambda _, given=given: next(given), path)


def _values(variable: Mapping[str, Json]) -> list[str]:
    known = [*as_list(variable.get("enum")), variable.get("default")]
    return list(dict.fromkeys(str(each) for each in known if each is not None)) or [ANY]


def _parameters(
    api: OpenApi, operation: Operation
) -> Iterator[tuple[tuple[str, str], Mapping[str, Json]]]:
    api.begin()
    carried = set(_credentials(api))
    for owner in (operation.shared, operation.document):
        for entry in items(owner, "parameters"):
            parameter = api.follow(entry)
            place, name = _PLACES.get(text(parameter, "in")), text(parameter, "name")
            spelled = name.lower() if place == "headers" else name
            is_own = place == "headers" and spelled in _OWN_HEADERS
            if place is None or is_own or (place, spelled) in carried:
                continue
            content = mapping(parameter, "content")
            schema = mapping(content, next(iter(content), "")).get("schema")
            required = parameter.get("required") is True
            try:
                made = to_input(api, name, parameter.get("schema", schema), required=required)
            except LeftOut:
                made = {"name": name, "required": required}
            yield (place, name), made


def _credentials(api: OpenApi) -> Iterator[tuple[str, str]]:
    for entry in api.component("securitySchemes").values():
        scheme = api.follow(entry)
        place, name = _PLACES.get(text(scheme, "in")), text(scheme, "name")
        if place:
            yield place, name.lower() if place == "headers" else name


def _scopes(api: OpenApi, operation: Mapping[str, Json]) -> Iterator[frozenset[str]]:
    owner = operation if "security" in operation else api.root
    schemes = api.component("securitySchemes")
    for together in items(owner, "security"):
        for name in together:
            scheme = api.follow(schemes.get(name))
            if is_object(scheme) and scheme.get("type") == "oauth2":
                yield frozenset(texts(together, name))


def _covers(media: str, sent: str) -> bool:
    plain = media.partition(";")[0].strip().lower()
    pattern = re.escape(plain).replace(r"\*", ".*")
    both_json = "json" in plain and "json" in sent
    return both_json or re.fullmatch(pattern, sent) is not None
