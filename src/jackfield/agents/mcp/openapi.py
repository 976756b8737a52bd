"""The OpenAPI description of `/mcp`: how to reach it; what is said there, MCP itself describes."""

from collections.abc import Mapping
from typing import Final

from jackfield.kit.json import Json

_OBJECT: Final = {"schema": {"type": "object"}}
_ACCOUNTS: Final = "Linked accounts, with commas between them."
_END_USER: Final = "Whose account it is, if it is not shared."


def _parameter(name: str, place: str, words: str, **more: Json) -> dict[str, Json]:
    return {
        "name": name,
        "in": place,
        "required": False,
        "description": words,
        "schema": {"type": "string", **more},
    }


OPERATIONS: Final[Mapping[str, Mapping[str, Json]]] = {
    "post": {
        "operationId": "mcp",
        "summary": "The actions of linked accounts as MCP tools",
        "description": "Stateless streamable HTTP; speak to it with an MCP client.",
        "tags": ["mcp"],
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
}
