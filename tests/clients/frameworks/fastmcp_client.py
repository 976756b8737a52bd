"""The client of `fastmcp`, which checks results against output schemas."""

from calls import CALLS, HEADERS, QUERIES, address, show
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError


async def main() -> dict:
    told = {}
    for style in QUERIES:
        async with Client(StreamableHttpTransport(address(style), headers=HEADERS)) as client:
            told[style] = len(await client.list_tools())
    async with Client(StreamableHttpTransport(address("nested"), headers=HEADERS)) as client:
        for name, (tool, arguments) in CALLS.items():
            try:
                told[name] = (await client.call_tool(tool, arguments)).structured_content
            except ToolError as error:
                told[name] = str(error)
    return told


show(main)
