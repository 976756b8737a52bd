"""
Swagger 2.0 documents, rewritten as OpenAPI 3.

What only moved is moved: bodies, forms, servers, security and media types. Definitions stay where
they are, so that references to them lead there still.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from jackfield.kit.json import Json, as_list, as_object, is_list, is_object, mapping, text, texts

VERSION: Final = "2.0"
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch")
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_JSON: Final = "application/json"
_BINARY: Final[Mapping[str, Json]] = {"type": "string", "format": "binary"}
_KEPT: Final = ("info", "tags", "externalDocs", "security", "definitions")
# What a parameter says of itself; all else about it is its schema.
_OWN: Final = frozenset(
    {"name", "in", "description", "required", "allowEmptyValue", "collectionFormat", "example",
     "x-example"}
)  # fmt: skip
_STYLES: Final = {
    "ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited",
}  # fmt: skip
_FLOWS: Final = {
    "accessCode": "authorizationCode", "application": "clientCredentials", "implicit": "implicit",
    "password": "password",
}  # fmt: skip
_SCHEMAS: Final = frozenset({"properties", "definitions"})
_MOST_HOPS: Final = 20


def as_openapi(root: Mapping[str, Json]) -> dict[str, Json]:
    """Return a Swagger 2.0 document as one of OpenAPI 3."""
    made: dict[str, Json] = {"openapi": "3.0.3"}
    made |= {name: root[name] for name in _KEPT if name in root}
    made["definitions"] = _schemas(mapping(root, "definitions"))
    made["servers"] = [{"url": _address(root)}]
    schemes = mapping(root, "securityDefinitions")
    made["components"] = {
        "securitySchemes": {name: _security_scheme(each) for name, each in schemes.items()}
    }
    reader = _Reader(root)
    made["paths"] = {path: reader.path(each) for path, each in mapping(root, "paths").items()}
    return made


class _Reader:
    """The operations of one document, with what it has for all of them."""

    def __init__(self, root: Mapping[str, Json]) -> None:
        self._root = root

    def path(self, document: Json) -> Json:
        if not is_object(document) or "$ref" in document:
            return document
        shared = list(self._parameters(document))
        return {
            name: self._operation(each, shared) if name in _METHODS and is_object(each) else each
            for name, each in document.items()
            if name != "parameters"
        }

    def _operation(
        self, document: Mapping[str, Json], shared: Sequence[Mapping[str, Json]]
    ) -> dict[str, Json]:
        known = {_key(each): each for each in shared}
        own = {_key(each): each for each in self._parameters(document)}
        if any(place == "body" for place, _ in own):
            # There is one body, whatever it is called.
            known = {key: each for key, each in known.items() if key[0] != "body"}
        parameters = list({**known, **own}.values())
        left = ("parameters", "consumes", "produces", "schemes", "responses")
        made = {name: each for name, each in document.items() if name not in left}
        made["parameters"] = [
            _parameter(each) for each in parameters if text(each, "in") not in {"body", "formData"}
        ]
        body = _body(parameters, self._media(document, "consumes"))
        if body is not None:
            made["requestBody"] = body
        produced = self._media(document, "produces") or [_JSON]
        made["responses"] = {
            status: _response(self._follow(each), produced)
            for status, each in mapping(document, "responses").items()
        }
        return made

    def _media(self, operation: Mapping[str, Json], name: str) -> list[str]:
        """Return media types of an operation, or else of the document."""
        return list(texts(operation if name in operation else self._root, name))

    def _parameters(self, owner: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
        for entry in as_list(owner.get("parameters")):
            yield self._follow(entry)

    def _follow(self, document: Json) -> Mapping[str, Json]:
        """Return a parameter or response, or the one that it names; itself if there is none."""
        found = as_object(document)
        for _ in range(_MOST_HOPS):
            kind, _, name = text(found, "$ref").removeprefix("#/").partition("/")
            if kind not in {"parameters", "responses"}:
                return found
            found = mapping(
                mapping(self._root, kind), unquote(name).replace("~1", "/").replace("~0", "~")
            )
            if not found:
                break
        return as_object(document)


def _key(parameter: Mapping[str, Json]) -> tuple[str, str]:
    return text(parameter, "in"), text(parameter, "name") or text(parameter, "$ref")


def _address(root: Mapping[str, Json]) -> str:
    """Return the address of the document's server; without a host the path alone."""
    schemes = [each for each in texts(root, "schemes") if each in {"https", "http"}]
    scheme = "https" if "https" in schemes or not schemes else schemes[0]
    host, path = text(root, "host"), text(root, "basePath").rstrip("/")
    return f"{scheme}://{host}{path}" if host else path or "/"


def _security_scheme(document: Json) -> Json:
    scheme = as_object(document)
    match text(scheme, "type"):
        case "basic":
            return {**scheme, "type": "http", "scheme": "basic"}
        case "oauth2":
            named = text(scheme, "flow")
            told = ("authorizationUrl", "tokenUrl", "scopes")
            flow = {name: scheme[name] for name in told if name in scheme}
            left = ("flow", *told)
            kept = {name: each for name, each in scheme.items() if name not in left}
            return {**kept, "flows": {_FLOWS.get(named, named): flow}}
        case _:
            return document


def _parameter(document: Mapping[str, Json]) -> Json:
    if "$ref" in document:
        return document
    kept = ("name", "in", "description", "required", "allowEmptyValue")
    made = {name: document[name] for name in kept if name in document}
    if "x-example" in document or "example" in document:
        made["example"] = document.get("example", document.get("x-example"))
    made["schema"] = _own_schema(document)
    if document.get("type") == "array":
        made |= _style(document)
    return made


def _own_schema(document: Mapping[str, Json]) -> dict[str, Json]:
    return as_object(_schema({name: each for name, each in document.items() if name not in _OWN}))


def _style(document: Mapping[str, Json]) -> dict[str, Json]:
    """Return how a list is written: after commas, unless the parameter says otherwise."""
    format_ = text(document, "collectionFormat") or "csv"
    usual = "simple" if text(document, "in") in {"path", "header"} else "form"
    return {"style": _STYLES.get(format_, usual), "explode": format_ == "multi"}


def _body(parameters: Sequence[Mapping[str, Json]], consumed: Sequence[str]) -> Json:
    """Return what is sent as the body; `None` for nothing."""
    body = next((each for each in parameters if text(each, "in") == "body"), None)
    if body is not None:
        content: Json = {"schema": _schema(body.get("schema", {}))}
        kept = {name: body[name] for name in ("description", "required") if name in body}
        return {**kept, "content": dict.fromkeys(consumed or [_JSON], content)}
    fields = [each for each in parameters if text(each, "in") == "formData"]
    if not fields:
        return None
    has_files = any(each.get("type") == "file" for each in fields)
    forms = [each for each in consumed if each.partition(";")[0].strip() in {_FORM, _MULTIPART}]
    usual = _MULTIPART if has_files else _FORM
    media = [usual] if has_files or not forms else forms
    made = {text(each, "name"): each for each in fields}
    form: dict[str, Any] = {
        "schema": {
            "type": "object",
            "properties": {name: _field(each) for name, each in made.items()},
            "required": [name for name, each in made.items() if each.get("required") is True],
        },
        "encoding": {
            name: _style(each) for name, each in made.items() if each.get("type") == "array"
        },
    }
    required: dict[str, Json] = {"required": True} if form["schema"]["required"] else {}
    return {**required, "content": dict.fromkeys(media, form)}


def _field(document: Mapping[str, Json]) -> Json:
    """Return the schema of a form's field."""
    said = {name: document[name] for name in ("description",) if name in document}
    return {**_own_schema(document), **said}


def _response(document: Mapping[str, Json], produced: Sequence[str]) -> Json:
    if "$ref" in document:
        return document
    made = {name: each for name, each in document.items() if name not in {"schema", "examples"}}
    examples = mapping(document, "examples")
    content: dict[str, Json] = {}
    for media in dict.fromkeys([*produced, *examples]) if "schema" in document else examples:
        shown: Json = {"example": examples[media]} if media in examples else {}
        schema: Json = {"schema": _schema(document["schema"])} if "schema" in document else {}
        content[media] = {**schema, **shown}
    if content:
        made["content"] = content
    return made


def _schemas(documents: Mapping[str, Json]) -> dict[str, Json]:
    return {name: _schema(each) for name, each in documents.items()}


def _schema(document: Json) -> Json:
    """Return a schema as OpenAPI 3 has it, with those within it."""
    if is_list(document):
        return [_schema(each) for each in document]
    if not is_object(document):
        return document
    if document.get("type") == "file":
        return {**document, **_BINARY}
    made: dict[str, Json] = {}
    for name, each in document.items():
        if name in _SCHEMAS:
            made[name] = _schemas(as_object(each))
        elif name in {"items", "additionalProperties", "allOf", "not"}:
            made[name] = _schema(each)
        elif name == "discriminator" and isinstance(each, str):
            made[name] = {"propertyName": each}
        elif name == "x-nullable":
            made["nullable"] = each
        else:
            made[name] = each
    return made
