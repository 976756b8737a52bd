"""`smolagents` through `mcpadapt`."""

from calls import CALLS, HEADERS, QUERIES, address, show
from mcpadapt.core import MCPAdapt
from mcpadapt.smolagents_adapter import SmolAgentsAdapter


def adapted(style: str) -> MCPAdapt:
    params = {"url": address(style), "transport": "streamable-http", "headers": HEADERS}
    return MCPAdapt(params, SmolAgentsAdapter())


async def main() -> dict:
    told = {}
    for style in QUERIES:
        with adapted(style) as tools:
            told[style] = len(tools)
    with adapted("nested") as tools:
        named = {tool.name: tool for tool in tools}
        for name, (tool, arguments) in CALLS.items():
            told[name] = named[tool](**arguments)
    return told


show(main)
