"""`google-adk`, and its declaration of each tool for Gemini."""

from calls import CALLS, HEADERS, QUERIES, address, show
from google.adk.tools.mcp_tool import McpToolset, StreamableHTTPConnectionParams


def toolset(style: str) -> McpToolset:
    params = StreamableHTTPConnectionParams(url=address(style), headers=HEADERS)
    return McpToolset(connection_params=params)


async def main() -> dict:
    told = {}
    for style in QUERIES:
        hub = toolset(style)
        told[style] = len([tool._get_declaration() for tool in await hub.get_tools()])
        await hub.close()
    hub = toolset("nested")
    tools = {tool.name: tool for tool in await hub.get_tools()}
    for name, (tool, arguments) in CALLS.items():
        told[name] = await tools[tool]._run_async_impl(
            args=arguments, tool_context=None, credential=None
        )
    await hub.close()
    return told


show(main)
