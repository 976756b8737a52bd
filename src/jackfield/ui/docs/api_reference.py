"""`/docs/api`: the API reference."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeAlias

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from jackfield.kit.json import Json, is_list
from jackfield.ui.docs.frame import DocsFrame, frame_of
from jackfield.ui.docs.manual_pages import markdown_response
from jackfield.ui.rendering import page

ApiDescription: TypeAlias = Callable[[], Mapping[str, Json]]

_SCHEMA: Final = "#/components/schemas/"
_ABBREVIATED: Final = 3
_CODE: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter, or one field of an object."""

    name: str
    type: str
    link: str
    is_required: bool
    description: Markup
    location: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: Markup
    description: Markup
    parameters: tuple[Row, ...]
    body: Row | None
    responses: tuple[tuple[str, Markup, Row | None], ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPage:
    template: ClassVar[str] = "docs/api.html"

    frame: DocsFrame
    title: str
    groups: tuple[Group, ...]
    # The name, description and fields of each object.
    objects: tuple[tuple[str, Markup, tuple[Row, ...]], ...]


async def api_page(request: Request) -> Response:
    """Show every operation with the objects of its requests and responses."""
    return page(request, api_view(frame_of(request, "api"), _description(request)))


async def api_markdown(request: Request) -> Response:
    """Show the same as Markdown."""
    return markdown_response(markdown_of(_description(request)))


def api_view(frame: DocsFrame, document: Mapping[str, Json]) -> ApiPage:
    """Return what the template is given."""
    return ApiPage(
        frame=frame,
        title="API reference",
        groups=tuple(_groups(document)),
        objects=tuple(
            (name, _marked(schema.get("description", "")), tuple(_fields(schema)))
            for name, schema in sorted(document["components"]["schemas"].items())
        ),
    )


def markdown_of(document: Mapping[str, Json]) -> str:
    """Return every operation with what it takes and answers, as Markdown."""
    lines = ["# API reference", "", "What the objects are made of is in openapi.json.", ""]
    for group in _groups(document):
        lines += [f"## {group.name}", ""]
        for each in group.operations:
            lines += [f"### {each.method} {each.path}", "", _plain(each.summary), ""]
            if each.description:
                lines += [_plain(each.description), ""]
            lines += [
                f"* `{row.name}` in {row.location}, {row.type}"
                f"{', required' if row.is_required else ''}. {_plain(row.description)}".rstrip()
                for row in each.parameters
            ]
            if each.body:
                lines.append(f"* Takes {each.body.type}")
            lines += [
                f"* {status}: {f'{row.type}. ' if row else ''}{_plain(said)}"
                for status, said, row in each.responses
            ]
            lines.append("")
    return "\n".join(lines)


def _plain(text: Markup) -> str:
    return text.replace(Markup("<code>"), "`").replace(Markup("</code>"), "`").unescape()


def _description(request: Request) -> Mapping[str, Json]:
    description: ApiDescription = request.app.state.api_description
    return description()


def _groups(document: Mapping[str, Json]) -> Iterator[Group]:
    by_tag: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag[operation["tags"][0]].append(_operation(method.upper(), path, operation))
    for name, operations in by_tag.items():
        # Short ones are abbreviations.
        title = name.upper() if len(name) <= _ABBREVIATED else name.replace("_", " ").capitalize()
        yield Group(title, tuple(operations))


def _operation(method: str, path: str, operation: Mapping[str, Json]) -> Operation:
    parameters: list[Mapping[str, Any]] = operation.get("parameters", [])
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=_marked(operation["summary"]),
        description=_marked(operation.get("description", "")),
        parameters=tuple(
            _row(
                parameter["name"],
                parameter["schema"],
                is_required=parameter.get("required", False),
                description=parameter.get("description", ""),
                location=parameter["in"],
            )
            for parameter in parameters
        ),
        body=_content(operation.get("requestBody")),
        responses=tuple(
            (status, _marked(response["description"]), _content(response))
            for status, response in operation["responses"].items()
        ),
    )


def _content(message: Mapping[str, Json] | None) -> Row | None:
    content = (message or {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    return _row("", schema["allOf"][0] if "allOf" in schema else schema)


def _fields(schema: Mapping[str, Json]) -> Iterator[Row]:
    required = set(schema.get("required", ()))
    for name, each in schema.get("properties", {}).items():
        yield _row(
            name, each, is_required=name in required, description=each.get("description", "")
        )


def _row(
    name: str,
    schema: Mapping[str, Json],
    *,
    is_required: bool = False,
    description: str = "",
    location: str = "",
) -> Row:
    type_, link = _type(schema)
    return Row(name, type_, link, is_required, _marked(description), location)


def _marked(text: str) -> Markup:
    """Return text with `…` as code elements."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


def _type(schema: Mapping[str, Json]) -> tuple[str, str]:
    """Return the name of a schema's type, and the name of the object it links to."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMA)
        return name, name
    if "anyOf" in schema:
        parts = [_type(each) for each in schema["anyOf"]]
        return " or ".join(name for name, _ in parts), next((link for _, link in parts if link), "")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"])), ""
    if schema.get("type") == "array":
        item, link = _type(schema.get("items", {}))
        return f"list of {item}", link
    types = schema.get("type", "anything")
    return " or ".join(map(str, types)) if is_list(types) else str(types), ""
