"""Calls of an imported connector's tools, compared with what the OpenAPI document asks for.

It reads documents on its own, so that a misreading of the importer shows.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from jackfield.connectors import yaml
from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.loader import load
from jackfield.connectors.openapi.importer import import_document
from jackfield.connectors.openapi.names import distinct, snake_case
from jackfield.connectors.openapi.selection import wanted_name
from jackfield.connectors.scaffold import write_files
from jackfield.engine.action import CompiledAction
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.ports import Request, Response
from jackfield.kit.json import items
from jackfield.testing.calls import make_run_context
from tests.support.openapi_document import Document, Operation
from tests.support.openapi_security import security_faults
from tests.support.openapi_step import NOTHING, Step

_PLACES: Final = {"path": "path", "query": "query", "header": "headers", "cookie": "headers"}
_FILE: Final = b"\x00file\xff"


class Recorder:
    """A provider that gives one answer to everything and remembers the last request."""

    def __init__(self, answer: Response = NOTHING) -> None:
        self.seen: Request | None = None
        self._answer = answer

    async def send(self, request: Request) -> Response:
        self.seen = request
        return self._answer


@dataclass(slots=True)
class Expected:
    """What a request has to be, and the inputs that ask for it."""

    places: Mapping[str, str]
    path: str
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    query: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    media: str | None = None
    body: Any = None

    def give(self, place: str, name: str, value: Any) -> None:
        """Ask for a value by its name, or by the one it has where that is taken."""
        known = [name, f"{place}_{name}", snake_case(name)]
        chosen = next((each for each in known if self.places.get(each) == place), name)
        self.inputs.setdefault(place, {})[chosen] = value


def read(file: Path) -> Mapping[str, Any]:
    content = file.read_text(encoding="utf-8")
    return json.loads(content) if file.suffix == ".json" else yaml.parse(content).value


def imported(file: Path, folder: Path) -> Connector:
    """Return the connector that a document becomes, loaded anew."""
    made = import_document(file, key="made")
    write_files(made.files, folder / "made")
    return load(folder / "made" / "made.connector.s1.yaml")


async def faults(connector: Connector, root: Mapping[str, Any]) -> list[str]:
    """Call every tool with few and with many inputs; return what came out differently."""
    document = Document(root)
    found: list[str] = []
    actions = {action.name: action for action in connector.actions}
    steps = {
        each["actionId"]: Step(each["steps"][0]["stepFunction"]["parameters"])
        for each in items(connector.actions[0].compilation.document, "actions")
    }
    operations = {(each.path, each.method): each for each in document.operations()}
    names = distinct(
        {key: wanted_name(*key, each.entries) for key, each in operations.items()},
        longest=60 - len(connector.key) - 1,
    )
    for key, operation in operations.items():
        name = names[key]
        if name not in actions:
            found.append(f"{operation.name}: there is no {name}")
            continue
        for full in (False, True):
            try:
                compiled = actions[name].compiled
                said = await _call(connector, compiled, operation, steps[name], full=full)
            except Exception as error:  # noqa: BLE001 - a fault like any other
                details = getattr(error, "faults", "")
                said = [f"{type(error).__name__} {error} {details}"]
            found += [f"{operation.name} ({'full' if full else 'least'}): {each}" for each in said]
    return found


async def _call(
    connector: Connector, action: CompiledAction, operation: Operation, step: Step, *, full: bool
) -> list[str]:
    expected = Expected(action.locations, operation.path)
    expected.query += step.sent_by_paging
    for parameter in operation.parameters:
        place, name = parameter["in"], parameter["name"]
        key = (place, name.lower() if place == "header" else name)
        is_needed = full or parameter.get("required") or place == "path"
        if is_needed and key not in operation.credentials:
            named = step.input_of(_PLACES[place], name)
            if named is not None:
                _ask_parameter(operation, parameter, named, expected)
    if "requestBody" in operation.entries:
        body = operation.document.follow(operation.entries["requestBody"])
        # A document that does not say whether a body is required mostly means that it is, and a
        # file is never left out.
        has_file = any(
            operation.document.follow(each.get("schema", {})).get("format") == "binary"
            for each in body["content"].values()
        )
        if full or body.get("required", True) or has_file:
            _ask_body(operation, body["content"], expected, full=full)
    return await _send(connector, action, operation, expected, step.answer)


def _ask_parameter(
    operation: Operation, parameter: Mapping[str, Any], named: str, expected: Expected
) -> None:
    place, name, content = parameter["in"], parameter["name"], parameter.get("content")
    schema = next(iter(content.values()))["schema"] if content else parameter.get("schema", {})
    value = operation.document.sample(schema, full=False)
    if value in ({}, []):
        return
    expected.give(_PLACES[place], named, value)
    if place == "path":
        text = _path_text(parameter, value)
        expected.path = expected.path.replace(f"{{{name}}}", text)
    elif place == "query":
        as_json = content and isinstance(value, list | dict)
        pairs = [(name, json.dumps(value))] if as_json else _query_pairs(parameter, value)
        expected.query += pairs
    elif place == "header":
        expected.headers[name.lower()] = _plain(value).strip()
    else:
        expected.headers["cookie"] = f"{name}={_plain(value)}"


async def _send(
    connector: Connector,
    action: CompiledAction,
    operation: Operation,
    expected: Expected,
    given: Response,
) -> list[str]:
    try:
        accepted = action.accept(expected.inputs)
    except InvalidInputs as error:
        return [f"refused: {error.faults} of {str(expected.inputs)[:300]}"]
    unauthorized: list[str] = []
    for method in connector.auth_methods:
        recorder = Recorder(given)
        fields = (*method.config_fields, *method.setup_fields)
        credentials = {each.key: each.value or f"secret-{each.key}" for each in fields}
        credentials["accessToken"] = "secret-token"
        await action.run(
            make_run_context(recorder, credentials, inputs=accepted, auth_method=method.key)
        )
        assert recorder.seen
        unauthorized = security_faults(operation, recorder.seen)
        if not unauthorized:
            pairs = parse_qsl(urlsplit(recorder.seen.url).query, keep_blank_values=True)
            query = [pair for pair in pairs if not pair[1].startswith("secret-")]
            return _differences(recorder.seen, query, operation, expected)
    return unauthorized


def _server(operation: Operation) -> str:
    for owner in (operation.entries, operation.shared, operation.document.root):
        if owner.get("servers"):
            server = owner["servers"][0]
            url = server["url"]
            for name, variable in server.get("variables", {}).items():
                url = url.replace(f"{{{name}}}", str(variable.get("default", f"secret-{name}")))
            url = url.rstrip("/")
            if url.startswith("//"):
                return f"https:{url}"
            return url if "://" in url else f"https://api.example.com/{url.lstrip('./')}"
    return "https://api.example.com"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_plain, value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _path_text(parameter: Mapping[str, Any], value: Any) -> str:
    style, explode = parameter.get("style", "simple"), parameter.get("explode", False)
    between = "." if style == "label" and explode else ","
    start = {"label": ".", "matrix": f";{parameter['name']}="}.get(style, "")
    texts = map(_plain, value) if isinstance(value, list) else [_plain(value)]
    return start + quote(between.join(texts), safe="")


def _query_pairs(parameter: Mapping[str, Any], value: Any) -> list[tuple[str, str]]:
    name, style = parameter["name"], parameter.get("style", "form")
    if style == "deepObject":
        return list(_deep(value, name))
    if isinstance(value, dict):
        if parameter.get("explode", True):
            return [(key, _plain(inner)) for key, inner in value.items()]
        return [(name, ",".join(f"{key},{_plain(inner)}" for key, inner in value.items()))]
    if isinstance(value, list):
        if parameter.get("explode", style == "form"):
            return [(name, _plain(each)) for each in value]
        between = {"pipeDelimited": "|", "spaceDelimited": " "}.get(style, ",")
        return [(name, between.join(map(_plain, value)))]
    return [(name, _plain(value))]


def _deep(value: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the pairs of nested values; which number an element has is no matter."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _deep(inner, f"{prefix}[{key}]" if prefix else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _deep(inner, f"{prefix}[]")
    else:
        yield prefix, _plain(value)


def _ask_body(
    operation: Operation, content: Mapping[str, Any], expected: Expected, *, full: bool
) -> None:
    """Ask for a body in one of the document's media types: in the one the tool takes."""
    document = operation.document
    json_like = [m for m in content if "json" in m or m in ("*/*", "application/*")]
    others = [m for m in content if m not in json_like]
    json_like.sort(key=lambda media: media != "application/json")
    others.sort(key=lambda media: (not _is_form(media), _is_opaque(media)))
    for media in (*json_like, *others):
        schema = document.follow(content[media].get("schema", {}))
        if schema.get("format") == "binary" or (media not in json_like and _is_opaque(media)):
            expected.give("body", "body", b64encode(_FILE).decode())
            expected.media, expected.body = media, _FILE
        elif media not in json_like and not _is_form(media):
            expected.give("body", "body", "plain téxt")
            expected.media, expected.body = media, "plain téxt".encode()
        else:
            value = document.sample(schema, full=full)
            expected.media, expected.body = media, value
            names = expected.places
            properties = document.merged(schema).get("properties", {})
            whole = names.get("body") == "body" and "body" not in properties
            if isinstance(value, dict) and not whole:
                for name, inner in value.items():
                    inner_schema = document.merged(
                        document.merged(schema).get("properties", {}).get(name, {})
                    )
                    if inner_schema.get("format") == "binary" and "multipart" in media:
                        expected.give("body", name, b64encode(_FILE).decode())
                        expected.give("body", f"{name}_name", "file.bin")
                        value = {**value, name: _FILE.decode("latin-1")}
                    else:
                        expected.give("body", name, inner)
                expected.body = value
            else:
                expected.give("body", "body", value)
        return


def _is_opaque(media: str) -> bool:
    return not _is_form(media) and not re.match(r"text/|.*(xml|yaml|json)", media)


def _is_form(media: str) -> bool:
    return media.startswith(("application/x-www-form-urlencoded", "multipart/form-data"))


def _differences(
    request: Request, query: list[tuple[str, str]], operation: Operation, expected: Expected
) -> list[str]:
    found: list[str] = []
    headers = {name.lower(): value for name, value in request.headers.items()}
    if request.method != operation.method.upper():
        found.append(f"sent {request.method}")
    address, _, fixed = (_server(operation) + expected.path).partition("#")[0].partition("?")
    sent = request.url.partition("?")[0]
    if unquote(sent) != unquote(address) or sent.count("/") != address.count("/"):
        found.append(f"sent to {sent}, not {address}")
    wanted = sorted([*expected.query, *parse_qsl(fixed)])
    got = sorted((re.sub(r"\[\d+\]", "[]", name), _settled(value)) for name, value in query)
    if got != sorted((name, _settled(value)) for name, value in wanted):
        found.append(f"query {got}, not {wanted}")
    for name, value in expected.headers.items():
        if headers.get(name) != value:
            found.append(f"header {name}: {headers.get(name)!r}, not {value!r}")
    return found + _body_differences(request, headers, operation, expected)


def _settled(text: str) -> str:
    """Write JSON in one way."""
    if text[:1] not in ("{", "["):
        return text
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return text


def _body_differences(
    request: Request, headers: Mapping[str, str], operation: Operation, expected: Expected
) -> list[str]:
    if expected.media is None:
        # An object without members stands for a body whose members are all left out.
        return [] if request.body in (None, b"", b"{}") else [f"a body of {request.body!r}"]
    if expected.body in ({}, []) and request.body in (None, b"", b"{}", b"[]"):
        return []
    sent, media = headers.get("content-type", ""), expected.media
    essence = sent.partition(";")[0]
    if "*" not in media and essence != media.partition(";")[0]:
        return [f"media type {sent}, not {media}"]
    body = request.body or b""
    if isinstance(expected.body, bytes):
        got: Any = body
    elif essence == "application/x-www-form-urlencoded":
        names = sorted(
            (re.sub(r"\[\d+\]", "[]", n), v)
            for n, v in parse_qsl(body.decode(), keep_blank_values=True)
        )
        wanted = sorted(_form_pairs(operation, expected))
        return [] if names == wanted else [f"form {names}, not {wanted}"]
    elif essence == "multipart/form-data":
        wanted = sorted(_parts(expected.body))
        parts = message_from_bytes(b"Content-Type: " + sent.encode() + b"\r\n\r\n" + body)
        names = sorted(
            (part.get_param("name", header="content-disposition"), part.get_payload(decode=True))
            for part in parts.get_payload()  # type: ignore[union-attr]
        )
        return [] if names == wanted else [f"form {names}, not {wanted}"]
    else:
        got = json.loads(body)
    return [] if got == expected.body else [f"body {got}, not {expected.body}"]


def _parts(body: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield a form's parts; an object is JSON beside a file, and spread out without one."""
    has_file = _FILE.decode("latin-1") in body.values()
    for name, value in body.items():
        if value == _FILE.decode("latin-1"):
            yield name, _FILE
        elif has_file and isinstance(value, dict | list):
            yield name, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
        else:
            yield from ((key, text.encode()) for key, text in _deep(value, name))


def _form_pairs(operation: Operation, expected: Expected) -> list[tuple[str, str]]:
    body = operation.document.follow(operation.entries["requestBody"])
    encodings = body["content"][expected.media].get("encoding", {})
    pairs: list[tuple[str, str]] = []
    for name, value in expected.body.items():
        encoding = encodings.get(name, {})
        if "json" in encoding.get("contentType", ""):
            pairs.append((name, json.dumps(value)))
        elif encoding.keys() & {"style", "explode"}:
            described = {"name": name, "style": "form", **encoding}
            pairs += [
                (re.sub(r"\[\d+\]", "[]", key), text)
                for key, text in _query_pairs(described, value)
            ]
        else:
            pairs += _deep(value, name)
    return pairs
