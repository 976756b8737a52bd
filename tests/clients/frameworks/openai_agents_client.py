"""`openai-agents`, and its conversion of each tool, strict where the schema allows it."""

from agents.mcp import MCPServerStreamableHttp, MCPUtil
from calls import CALLS, HEADERS, QUERIES, address, show


def server(style: str) -> MCPServerStreamableHttp:
    return MCPServerStreamableHttp(params={"url": address(style), "headers": HEADERS})


async def main() -> dict:
    told = {}
    for style in QUERIES:
        async with server(style) as hub:
            tools = await hub.list_tools()
            for strict in (True, False):
                converted = [
                    MCPUtil.to_function_tool(tool, hub, convert_schemas_to_strict=strict)
                    for tool in tools
                ]
            told[style] = len(converted)
    async with server("nested") as hub:
        for name, (tool, arguments) in CALLS.items():
            told[name] = (await hub.call_tool(tool, arguments)).model_dump(mode="json")
    return told


show(main)
