"""The OpenAPI description of the agent's paths: how to reach them, and what its cards hold."""

from collections.abc import Mapping
from typing import Final

from jackfield.kit.json import Json

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_REFUSED: Final = {
    "description": "Refused.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
}
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
_HEADERS: Final = [
    {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": _TEXT,
    }
    for name, description in (
        ("x-account-id", "Linked accounts, with commas between them."),
        ("x-end-user-id", "Whose account it is, if it is not shared."),
    )
]
_CARD_READ: Final[Mapping[str, Json]] = {
    "tags": ["a2a"],
    "responses": {
        "200": {"description": "The card.", "content": {"application/json": {"schema": _CARD}}},
        "default": _REFUSED,
    },
}

AGENT: Final[Mapping[str, Mapping[str, Json]]] = {
    "post": {
        "operationId": "a2a",
        "summary": "The hub as an agent that other agents talk to (A2A)",
        "description": (
            "JSON-RPC of the A2A protocol; speak to it with an A2A client, which finds it by the "
            "agent card. The streaming methods answer with events."
        ),
        "tags": ["a2a"],
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
}
CARD: Final[Mapping[str, Mapping[str, Json]]] = {
    "get": {
        "operationId": "agent_card",
        "summary": "What this hub is to other agents (A2A)",
        "security": [],
        **_CARD_READ,
    }
}
EXTENDED_CARD: Final[Mapping[str, Mapping[str, Json]]] = {
    "get": {
        "operationId": "extended_agent_card",
        "summary": "What other agents can do with some accounts (A2A)",
        "parameters": _HEADERS,
        **_CARD_READ,
    }
}
