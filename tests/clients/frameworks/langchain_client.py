"""`langchain-mcp-adapters`, and LangChain's conversion of each tool for OpenAI."""

from calls import CALLS, HEADERS, QUERIES, address, show
from langchain_core.tools import ToolException
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_mcp_adapters.client import MultiServerMCPClient


async def tools_of(style: str) -> dict:
    connection = {"transport": "streamable_http", "url": address(style), "headers": HEADERS}
    tools = await MultiServerMCPClient({"hub": connection}).get_tools()
    return {tool.name: tool for tool in tools}


async def main() -> dict:
    told = {}
    for style in QUERIES:
        tools = await tools_of(style)
        told[style] = len([convert_to_openai_tool(tool) for tool in tools.values()])
    tools = await tools_of("nested")
    for name, (tool, arguments) in CALLS.items():
        try:
            told[name] = await tools[tool].ainvoke(arguments)
        except ToolException as error:
            told[name] = str(error)
    return told


show(main)
