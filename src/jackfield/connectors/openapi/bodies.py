"""Request bodies of an OpenAPI document, in the media type that says most."""

import re
from collections.abc import Mapping
from typing import Final

from jackfield.connectors.openapi.call import Call
from jackfield.connectors.openapi.document import LeftOut, OpenApi
from jackfield.connectors.openapi.parameters import array_format, may_be
from jackfield.connectors.openapi.schemas import (
    alternatives,
    is_binary,
    merged,
    to_input,
    to_inputs,
)
from jackfield.kit.json import Json, mapping, text

FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_TEXTS: Final = re.compile(r"text/|.*[/+](?:x-)?(?:xml|yaml|ndjson|jsonl|graphql|javascript|csv)$")
_CONTENT_TYPE: Final = "Content-Type"
_FILE: dict[str, Json] = {
    "type": "string",
    "description": "The file's content, in base64.",
}


def add_body(api: OpenApi, call: Call, operation: Mapping[str, Json]) -> None:
    """
    Take an operation's body.

    Raises:
        LeftOut: it cannot be written the way the document asks.
    """
    if "requestBody" not in operation:
        return
    body = api.follow(operation["requestBody"])
    content = mapping(body, "content")
    if not content:
        msg = "nothing says what its body is"
        raise LeftOut(msg)
    media = min(content, key=_rank)
    schema = merged(api, mapping(content, media).get("schema"))
    required = body.get("required")
    plain = _essence(media)
    if _is_json(plain) and not is_binary(schema):
        media = "application/json" if "*" in media else media
        _add_json(api, call, media, schema, required=required)
    elif plain in (FORM, _MULTIPART) and not _has_fields(api, schema):
        if schema.get("type") != "object":
            msg = "nothing says which fields its body has"
            raise LeftOut(msg)
        # A form without fields is how some documents say that there is no body.
        if required is True or schema.get("additionalProperties"):
            made = to_input(api, "body", {"type": "object"}, required=required is True)
            _add_whole(call, made, media, required=required is True, spread=True)
    elif plain == FORM:
        _add_form(api, call, media, schema, mapping(mapping(content, media), "encoding"))
    elif plain == _MULTIPART:
        _add_multipart(api, call, schema)
    elif _TEXTS.match(plain):
        made = {"name": "body", "type": "string", "description": f"The body, as {plain}."}
        _add_whole(call, made, media, required=required is True, inline=True)
    else:
        reference = call.take({"name": "body", **_FILE, "required": True}, "body")
        call.function = "upload_binary"
        kind = "application/octet-stream" if "*" in media else media
        call.parameters["binaryContent"] = {"content": f"$.{reference}", "contentType": kind}


def _rank(media: str) -> int:
    plain = _essence(media)
    if plain == "application/json":
        return 0
    if _is_json(plain):
        return 1 if "*" in plain or "patch" not in plain else 2
    return 3 if plain == FORM else 4 if plain == _MULTIPART else 5 if _TEXTS.match(plain) else 6


def _essence(media: str) -> str:
    return media.partition(";")[0].strip().lower()


def _is_json(plain: str) -> bool:
    return plain.endswith(("/json", "+json")) or plain in ("*/*", "application/*")


def _add_json(
    api: OpenApi, call: Call, media: str, schema: Mapping[str, Json], *, required: Json
) -> None:
    shapes = alternatives(api, schema)
    is_object = len(shapes) == 1 and shapes[0].get("type", "object") == "object"
    inputs = to_inputs(api, shapes[0]) if is_object else []
    # Of a body that may be missing, what it must have may be missing too.
    if inputs and not (required is False and any(each.get("required") for each in inputs)):
        for made in inputs:
            call.send("body", str(made["name"]), f"$.{call.take(made, 'body')}")
        if media != "application/json":
            call.send("headers", _CONTENT_TYPE, media)
        return
    made = to_input(api, "body", schema, required=required is True)
    _add_whole(call, made, media, required=required is True, spread=True)


def _add_whole(
    call: Call, made: dict[str, Json], media: str, *, required: bool, **more: Json
) -> None:
    if required:
        made["required"] = True
    reference = call.take(made, "body")
    given = {} if required else {"condition": f"{{{{present({reference})}}}}"}
    call.send("body", "body", f"$.{reference}", **more, **given)
    call.send("headers", _CONTENT_TYPE, media, **given)


def _add_form(
    api: OpenApi,
    call: Call,
    media: str,
    schema: Mapping[str, Json],
    encodings: Mapping[str, Json],
) -> None:
    for made in _fields(api, schema):
        name = str(made["name"])
        format_ = _form_format(mapping(encodings, name))
        has_parts = may_be(made, "array") or may_be(made, "object")
        more = {"arrayFormat": format_} if format_ and has_parts else {}
        call.send("body", name, f"$.{call.take(made, 'body')}", **more)
    call.send("headers", _CONTENT_TYPE, media)


def _form_format(encoding: Mapping[str, Json]) -> str | None:
    """Return how a field is written that says so; the engine's own way of forms is for the rest."""
    if "json" in text(encoding, "contentType"):
        return "stringify"
    if encoding.keys().isdisjoint(("style", "explode")):
        return None
    style = text(encoding, "style") or "form"
    return array_format(style, explode=encoding.get("explode", style == "form") is not False)


def _add_multipart(api: OpenApi, call: Call, schema: Mapping[str, Json]) -> None:
    properties = mapping(schema, "properties")
    files = [name for name, each in properties.items() if is_binary(merged(api, each))]
    fields = [each for each in _fields(api, schema) if each["name"] not in files]
    if not files:
        for made in fields:
            call.send("body", str(made["name"]), f"$.{call.take(made, 'body')}")
        call.send("headers", _CONTENT_TYPE, _MULTIPART)
        return
    if len(files) > 1:
        msg = f"its body is a form with several files ({', '.join(files)})"
        raise LeftOut(msg)
    file = call.take({"name": files[0], **_FILE, "required": True}, "body")
    name: dict[str, Json] = {
        "name": f"{files[0]}_name",
        "type": "string",
        "required": True,
        "description": "The file's name.",
    }
    call.function = "upload_file"
    call.parameters["file"] = {
        "fieldName": files[0],
        "content": f"$.{file}",
        "filename": f"$.{call.take(name, 'body')}",
    }
    if fields:
        call.parameters["additionalFields"] = [
            {"name": made["name"], "value": f"$.{call.take(made, 'body')}"} for made in fields
        ]


def _has_fields(api: OpenApi, schema: Mapping[str, Json]) -> bool:
    return any("properties" in each for each in alternatives(api, schema))


def _fields(api: OpenApi, schema: Mapping[str, Json]) -> list[dict[str, Json]]:
    """Return the fields of a form; of several forms, those that each has come with the others'."""
    found = [to_inputs(api, each) for each in alternatives(api, schema)]
    merged_fields: dict[str, dict[str, Json]] = {}
    for form in found:
        for made in form:
            merged_fields.setdefault(str(made["name"]), made)
    for name, made in merged_fields.items():
        if not all(
            any(each["name"] == name and each.get("required") for each in form) for form in found
        ):
            made.pop("required", None)
    return list(merged_fields.values())
