"""`/mcp`: an MCP server that the tokens are for, with tools about the person's notes."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeAlias

from jackfield.kit.json import Json, encode, mapping, text
from jackfield.sandbox.oauth.access import Access, admit
from jackfield.sandbox.oauth.authority import Authority
from jackfield.sandbox.oauth.refusals import OAuthError
from jackfield.sandbox.oauth.request import Request
from jackfield.sandbox.replies import Reply, json_reply

PATH: Final = "/mcp"
_PROTOCOL: Final = "2025-06-18"
_UNKNOWN_METHOD: Final = -32601
_BAD_PARAMS: Final = -32602
_Tool: TypeAlias = Callable[[Authority, Access, Mapping[str, Json]], Json]


def answer(authority: Authority, request: Request) -> Reply:
    """Answer a message of the protocol that has a token."""
    access = admit(authority, request)
    if request.method != "POST":
        code = "method_not_allowed"
        raise OAuthError(code, "messages are posted", HTTPStatus.METHOD_NOT_ALLOWED)
    message = request.json()
    if "id" not in message:
        return Reply(b"", HTTPStatus.ACCEPTED)
    params = mapping(message, "params")
    match text(message, "method"):
        case "initialize":
            server: Json = {"name": "sandbox", "version": "1"}
            can: Json = {"tools": {}}
            found = {"protocolVersion": _PROTOCOL, "capabilities": can, "serverInfo": server}
            reply: dict[str, Json] = {"result": found}
        case "tools/list":
            reply = {"result": {"tools": [_describe(name) for name in _TOOLS]}}
        case "tools/call":
            reply = _call(authority, access, params)
        case _:
            reply = {"error": {"code": _UNKNOWN_METHOD, "message": "there is no such method"}}
    return json_reply({"jsonrpc": "2.0", "id": message["id"], **reply})


def _call(authority: Authority, access: Access, params: Mapping[str, Json]) -> dict[str, Json]:
    known = _TOOLS.get(text(params, "name"))
    if known is None:
        return {"error": {"code": _BAD_PARAMS, "message": "there is no such tool"}}
    _, scope, tool = known
    if scope and scope not in access.scopes:
        words: Json = {"type": "text", "text": f"{scope} was not granted"}
        return {"result": {"content": [words], "isError": True}}
    found = tool(authority, access, mapping(params, "arguments"))
    content: Json = {"type": "text", "text": encode(found).decode()}
    return {"result": {"content": [content], "structuredContent": found}}


def _who_am_i(_authority: Authority, access: Access, _arguments: Mapping[str, Json]) -> Json:
    return access.person.show() if access.person else {"client": access.client.id}


def _add_note(authority: Authority, access: Access, arguments: Mapping[str, Json]) -> Json:
    notes = authority.notes_of(access.client, access.person) if access.person else []
    note: Json = {"id": str(len(notes) + 1), "text": text(arguments, "text")}
    notes.append(note)
    return note


def _describe(name: str) -> Json:
    words, _, _ = _TOOLS[name]
    return {"name": name, "description": words, "inputSchema": {"type": "object"}}


# What a tool does, the scope it needs, and what does it.
_TOOLS: Final[dict[str, tuple[str, str, _Tool]]] = {
    "who_am_i": ("Who signed in.", "", _who_am_i),
    "add_note": ("Add a note with this `text`.", "notes.write", _add_note),
}
