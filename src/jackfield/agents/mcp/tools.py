"""`tools/list`: tool definitions, built once per version of the catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Raw

from jackfield.accounts.access import AccountAccess
from jackfield.agents.accounts import title_of
from jackfield.agents.descriptions import describe
from jackfield.agents.mcp import feedback
from jackfield.agents.mcp.endpoint import Endpoint, ToolMode
from jackfield.agents.names import ACCOUNT, tool_name
from jackfield.agents.param_styles import ParamStyle, find_schema
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.connectors.outputs import mapped_schema
from jackfield.kit.json import Json, encode
from jackfield.search.service import LONGEST_QUERY

_RENDERED: Final = 256
_PAGING: Final = "Where to go on: `next` of the previous result."
Titles: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """An endpoint's accounts of one provider, as far as their tools depend on them.

    `version` is the one of the connector that they all are used by, if it is one. `accounts` are
    ids and titles, if there is more than one; `allowed` are the ids of the actions that may be run,
    or null for all.
    """

    provider: str
    version: str | None
    accounts: Titles
    allowed: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool before an endpoint adds the choice of account to it."""

    action: ActionInfo
    listing: Mapping[str, Json]


class Toolbox:
    """The tools of one version of the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog: Final = catalog
        self._tools: Final[dict[tuple[str, str, ParamStyle], list[Tool]]] = {}
        self._render: Final = lru_cache(maxsize=_RENDERED)(self._rendered)

    def listed(self, endpoint: Endpoint) -> Raw:
        """Return the tools of an endpoint as JSON."""
        feedback_titles = _titles(endpoint.usable) if endpoint.takes_feedback else None
        return self._render(_choices(endpoint), endpoint.style, endpoint.mode, feedback_titles)

    def _rendered(
        self,
        choices: tuple[Choice, ...],
        style: ParamStyle,
        mode: ToolMode,
        feedback_titles: Titles | None,
    ) -> Raw:
        tools: list[Json] = []
        for choice in choices:
            connector = self._catalog.find(choice.provider, choice.version)
            if connector is None:
                continue
            listed = (
                search_tools(connector)
                if mode is ToolMode.SEARCH_EXECUTE
                else [
                    tool.listing
                    for tool in self._of(connector, style)
                    if choice.allowed is None or tool.action.id in choice.allowed
                ]
            )
            tools += [_with_account(tool, choice.accounts) for tool in listed]
        if feedback_titles is not None:
            tools.append(_with_account(feedback.TOOL, feedback_titles))
        return Raw(encode(tools))

    def _of(self, connector: Connector, style: ParamStyle) -> list[Tool]:
        of = connector.key, connector.version, style
        tools = self._tools.get(of)
        if tools is None:
            tools = [
                Tool(action, listing)
                for action in connector.actions
                if not action.is_internal and (listing := _listing(action, style)) is not None
            ]
            self._tools[of] = tools
        return tools


def _choices(endpoint: Endpoint) -> tuple[Choice, ...]:
    by_provider: dict[str, list[AccountAccess]] = {}
    for access in endpoint.usable:
        by_provider.setdefault(access.account.provider, []).append(access)
    return tuple(
        Choice(
            provider,
            _version(of),
            _titles(of),
            _allowed([access.allowed_actions for access in of]),
        )
        for provider, of in by_provider.items()
    )


def _version(accesses: Sequence[AccountAccess]) -> str | None:
    """Return the version of their connector that all accounts are pinned to, if there is one."""
    versions = {access.profile.pinned_version for access in accesses}
    return versions.pop() if len(versions) == 1 else None


def _titles(usable: Sequence[AccountAccess]) -> Titles:
    """Return ids and titles of the accounts, or none if there is only one."""
    if len(usable) == 1:
        return ()
    return tuple((access.account.id, title_of(access.account)) for access in usable)


def _allowed(sets: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    if None in sets:
        return None
    return frozenset[str]().union(*(each for each in sets if each is not None))


def search_tools(connector: Connector) -> list[dict[str, Json]]:
    """Return the two tools that find and run any action of a connector."""
    key, title = connector.key, connector.title
    return [
        {
            "name": tool_name(f"{key}_search_actions"),
            "title": f"Search {title} actions",
            "description": (
                f"Find actions of {title} by what they do, best first, each with the inputs it "
                f"takes. Run one with {key}_execute_action."
            ),
            "inputSchema": {
                "type": "object",
                "properties": {
                    "query": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": LONGEST_QUERY,
                        "description": "What is to be done, in plain words.",
                    },
                    "top_k": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": 50,
                        "default": 5,
                        "description": "How many actions to return at most.",
                    },
                },
                "required": ["query"],
                "additionalProperties": False,
            },
            "annotations": {"readOnlyHint": True, "openWorldHint": False},
        },
        {
            "name": tool_name(f"{key}_execute_action"),
            "title": f"Run an action of {title}",
            "description": (
                f"Run an action of {title} that {key}_search_actions found. Inputs go where its "
                "schema has them: path, query, headers or body."
            ),
            "inputSchema": {
                "type": "object",
                "properties": {
                    "action_id": {
                        "type": "string",
                        "description": f"Such as {_example(connector)}.",
                    },
                    **{at: {"type": "object"} for at in ("path", "query", "body")},
                    "headers": {"type": "object", "additionalProperties": {"type": "string"}},
                    "session_id": {"type": "string"},
                },
                "required": ["action_id"],
                "additionalProperties": False,
            },
            # The effects depend on the action: declare the most dangerous ones.
            "annotations": {"readOnlyHint": False, "destructiveHint": True, "openWorldHint": True},
        },
    ]


def _listing(action: ActionInfo, style: ParamStyle) -> dict[str, Json] | None:
    schema = find_schema(action, style)
    if schema is None:
        return None
    listing: dict[str, Json] = {
        "name": tool_name(action.id),
        "title": action.label,
        "description": describe(action),
        "inputSchema": schema,
        "annotations": {"title": action.label, **action.annotations},
    }
    # Clients refuse a result that does not fit: only shapes that the hub itself makes are told.
    data_schema = mapped_schema(action)
    if data_schema is not None:
        listing["outputSchema"] = {
            "type": "object",
            "properties": {
                "isError": {"type": "boolean"},
                "result": {
                    "type": "object",
                    "properties": {
                        "data": data_schema,
                        "next": {"type": ["string", "null"], "description": _PAGING},
                    },
                    "required": ["data"],
                },
            },
            "required": ["isError"],
        }
    return listing


def _with_account(tool: Mapping[str, Json], accounts: Titles) -> Json:
    """Add the choice between accounts of the same provider to a tool's inputs."""
    if not accounts:
        return tool
    schema = tool["inputSchema"]
    choice = {
        "type": "string",
        "enum": [account_id for account_id, _ in accounts],
        "description": "Which account: " + "; ".join(f"{i} is {title}" for i, title in accounts),
    }
    return {
        **tool,
        "inputSchema": {
            **schema,
            "properties": {ACCOUNT: choice, **schema["properties"]},
            "required": [ACCOUNT, *schema.get("required", [])],
        },
    }


def _example(connector: Connector) -> str:
    return next((action.id for action in connector.actions), f"{connector.key}_list_users")
