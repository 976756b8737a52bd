"""What `/openapi.json` says of other protocols under the API's paths: how to reach them."""

from collections.abc import Iterable, Mapping
from typing import Final

from jackfield.kit.json import Json

TAGS: Final = ("mcp", "a2a")
_OBJECT: Final = {"schema": {"type": "object"}}
_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_REFUSED: Final = {
    "description": "Refused.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
}
_ACCOUNTS: Final = "Linked accounts, with commas between them."
_END_USER: Final = "Whose account it is, if it is not shared."
_CARD: Final = {
    "type": "object",
    "required": [
        "name", "description", "protocolVersion", "version", "url", "capabilities",
        "defaultInputModes", "defaultOutputModes", "supportsAuthenticatedExtendedCard", "skills",
    ],
    "properties": {
        **dict.fromkeys(("name", "description", "protocolVersion", "version", "url", "iconUrl"), _TEXT),
        "capabilities": {"type": "object"},
        "defaultInputModes": _TEXTS,
        "defaultOutputModes": _TEXTS,
        "supportsAuthenticatedExtendedCard": {"type": "boolean"},
        "skills": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "name", "description", "tags"],
                "properties": {"id": _TEXT, "name": _TEXT, "description": _TEXT, "tags": _TEXTS},
            },
        },
    },
}  # fmt: skip
_RPC_REQUEST: Final = {
    "type": "object",
    "required": ["jsonrpc", "id", "method"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"type": ["string", "integer"]},
        "method": {
            "type": "string",
            "description": "`message/send`, `message/stream`, `agent/getAuthenticatedExtendedCard`",
        },
        "params": {"type": "object"},
    },
}
_RPC_ANSWER: Final = {
    "type": "object",
    "required": ["jsonrpc", "id"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "result": {"type": "object"},
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "integer"}, "message": _TEXT},
        },
    },
}


def paths(security: Iterable[Mapping[str, list[str]]]) -> dict[str, Json]:
    """Return the paths; `security` is what they need, where they need a key."""
    keyed = list(security)
    return {
        "/mcp": {"post": _mcp(keyed)},
        "/": {"post": _a2a(keyed)},
        "/.well-known/agent-card.json": {
            "get": _read(
                "agent_card",
                "What this hub is to other agents (A2A)",
                security=[],
                parameters=[],
            )
        },
        "/agent/authenticatedExtendedCard": {
            "get": _read(
                "extended_agent_card",
                "What other agents can do with some accounts (A2A)",
                security=keyed,
                parameters=_HEADERS,
            )
        },
    }


def _parameter(name: str, place: str, words: str, **more: Json) -> dict[str, Json]:
    return {
        "name": name,
        "in": place,
        "required": False,
        "description": words,
        "schema": {"type": "string", **more},
    }


_HEADERS: Final = [
    _parameter("x-account-id", "header", _ACCOUNTS),
    _parameter("x-end-user-id", "header", _END_USER),
]


def _mcp(security: Json) -> dict[str, Json]:
    return {
        "operationId": "mcp",
        "summary": "The actions of linked accounts as MCP tools",
        "description": "Stateless streamable HTTP; speak to it with an MCP client.",
        "tags": ["mcp"],
        "security": security,
        "parameters": [
            _parameter("x-account-id", "header", _ACCOUNTS),
            _parameter("x-account-id", "query", "The same, for clients that send no headers."),
            _parameter("x-end-user-id", "header", _END_USER),
            _parameter(
                "param-style",
                "query",
                "How tools take inputs.",
                enum=["nested", "flat_prefixed", "flat_smart"],
            ),
            _parameter(
                "tool-mode",
                "query",
                "A tool for each action, or two that find and run them.",
                enum=["individual", "search_execute"],
            ),
        ],
        "requestBody": {"required": True, "content": {"application/json": _OBJECT}},
        "responses": {
            "200": {"description": "The answer.", "content": {"application/json": _OBJECT}},
            "202": {"description": "A notification was accepted."},
            "default": {"description": "Refused.", "content": {"application/json": _OBJECT}},
        },
    }


def _a2a(security: Json) -> dict[str, Json]:
    return {
        "operationId": "a2a",
        "summary": "The hub as an agent that other agents talk to (A2A)",
        "description": (
            "JSON-RPC of the A2A protocol; speak to it with an A2A client, which finds it by the "
            "agent card. The streaming methods answer with events."
        ),
        "tags": ["a2a"],
        "security": security,
        "parameters": _HEADERS,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _RPC_REQUEST}},
        },
        "responses": {
            "200": {
                "description": "The answer, which may be the protocol's own error.",
                "content": {
                    "application/json": {"schema": _RPC_ANSWER},
                    "text/event-stream": {"schema": _TEXT},
                },
            },
            "default": _REFUSED,
        },
    }


def _read(
    name: str, summary: str, *, security: list[Json], parameters: list[Json]
) -> dict[str, Json]:
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["a2a"],
        "security": security,
        **({"parameters": parameters} if parameters else {}),
        "responses": {
            "200": {"description": "The card.", "content": {"application/json": {"schema": _CARD}}},
            "default": _REFUSED,
        },
    }
