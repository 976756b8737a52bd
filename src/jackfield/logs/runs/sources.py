"""The entry points that runs come from, by the names they have in the logs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class RunSource(StrEnum):
    API = "api"
    PROXY = "proxy"
    MCP = "mcp"
    A2A = "a2a"
    DASHBOARD = "dashboard"


# What the API's log calls the client of commands, and how a search calls its runs.
CLI_AGENT: Final = "jackfield-cli/"
CLI: Final = "cli"

PATHS: Final[Mapping[str, str]] = {
    RunSource.API: "/actions/rpc",
    RunSource.PROXY: "/unified/proxy",
    RunSource.MCP: "/mcp",
    RunSource.A2A: "/",
}


def source_of(source: str, user_agent: str) -> str:
    """Return the source of a run with that of commands told from the rest of the API."""
    return CLI if source == RunSource.API and user_agent.startswith(CLI_AGENT) else source
