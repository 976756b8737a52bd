"""`tools/list`: tool definitions, built once per version of the catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from msgspec import Raw

from jackfield.accounts.access import AccountAccess
from jackfield.agents.accounts import title_of
from jackfield.agents.mcp import feedback
from jackfield.agents.mcp.endpoint import Endpoint, ToolMode
from jackfield.agents.param_styles import ACCOUNT, ParamStyle, find_schema
from jackfield.connectors.action import ActionInfo
from jackfield.connectors.catalog import Catalog
from jackfield.connectors.connector import Connector
from jackfield.connectors.outputs import output_schema
from jackfield.kit.json import Json, encode

_RENDERED: Final = 256
_PAGING: Final = "Where to go on: `next` of the previous result."
Titles: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """An endpoint's accounts of one provider, as far as tools differ by them.

    `accounts` are ids and titles, where there is more than one; `allowed` the ids of the actions
    that may be run, where not all of them may.
    """

    provider: str
    accounts: Titles
    allowed: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool, before an endpoint adds whose account it is to be used with."""

    action: ActionInfo
    shown: Mapping[str, Json]


class Toolbox:
    """The tools of one version of the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog: Final = catalog
        self._tools: Final[dict[tuple[str, ParamStyle], list[Tool]]] = {}
        self._render: Final = lru_cache(maxsize=_RENDERED)(self._rendered)

    def listed(self, endpoint: Endpoint) -> Raw:
        """Return `tools` of an endpoint, as JSON."""
        told = _titles(endpoint.held) if endpoint.takes_feedback else None
        return self._render(_choices(endpoint), endpoint.style, endpoint.mode, told)

    def _rendered(
        self, wanted: tuple[Choice, ...], style: ParamStyle, mode: ToolMode, told: Titles | None
    ) -> Raw:
        tools: list[Json] = []
        for choice in wanted:
            connector = self._catalog.find(choice.provider)
            if connector is None:
                continue
            shown = (
                finding_tools(connector)
                if mode is ToolMode.SEARCH_EXECUTE
                else [
                    tool.shown
                    for tool in self._of(connector, style)
                    if choice.allowed is None or tool.action.id in choice.allowed
                ]
            )
            tools += [_with_account(tool, choice.accounts) for tool in shown]
        if told is not None:
            tools.append(_with_account(feedback.TOOL, told))
        return Raw(encode(tools))

    def _of(self, connector: Connector, style: ParamStyle) -> list[Tool]:
        known = self._tools.get((connector.key, style))
        if known is None:
            known = [
                Tool(action, shown)
                for action in connector.actions
                if not action.is_internal and (shown := _shown(action, style)) is not None
            ]
            self._tools[connector.key, style] = known
        return known


def _choices(endpoint: Endpoint) -> tuple[Choice, ...]:
    by_provider: dict[str, list[AccountAccess]] = {}
    for each in endpoint.held:
        by_provider.setdefault(each.account.provider, []).append(each)
    return tuple(
        Choice(
            provider,
            _titles(of),
            _allowed([each.allowed_actions for each in of]),
        )
        for provider, of in by_provider.items()
    )


def _titles(held: Sequence[AccountAccess]) -> Titles:
    """Return what accounts are told apart by, where there is more than one."""
    if len(held) == 1:
        return ()
    return tuple((each.account.id, title_of(each.account)) for each in held)


def _allowed(sets: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    if None in sets:
        return None
    return frozenset[str]().union(*(each for each in sets if each is not None))


def finding_tools(connector: Connector) -> list[dict[str, Json]]:
    """Return the two tools that stand for all of a connector's."""
    key, title = connector.key, connector.title
    return [
        {
            "name": f"{key}_search_actions",
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
            },
            "annotations": {"readOnlyHint": True, "openWorldHint": False},
        },
        {
            "name": f"{key}_execute_action",
            "title": f"Run a {title} action",
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
            },
            # What an action does is known when it is named: assume the worst until then.
            "annotations": {"readOnlyHint": False, "destructiveHint": True, "openWorldHint": True},
        },
    ]


def _shown(action: ActionInfo, style: ParamStyle) -> dict[str, Json] | None:
    schema = find_schema(action, style)
    if schema is None:
        return None
    shown: dict[str, Json] = {
        "name": action.id,
        "title": action.label,
        "description": action.description,
        "inputSchema": schema,
        "annotations": {"title": action.label, **action.annotations},
    }
    promised = output_schema(action)
    if promised is not None:
        shown["outputSchema"] = {
            "type": "object",
            "properties": {
                "isError": {"type": "boolean"},
                "result": {
                    "type": "object",
                    "properties": {
                        "data": promised,
                        "next": {"type": ["string", "null"], "description": _PAGING},
                    },
                    "required": ["data"],
                },
            },
            "required": ["isError"],
        }
    return shown


def _with_account(tool: Mapping[str, Json], accounts: Titles) -> Json:
    """Add the choice between accounts of the same provider to what a tool takes."""
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
