"""`mcpadapt` for LangChain, and the models that its adapter for CrewAI makes of each tool."""

from calls import CALLS, HEADERS, QUERIES, address, show
from mcpadapt.core import MCPAdapt, ToolAdapter
from mcpadapt.langchain_adapter import LangChainAdapter
from mcpadapt.utils.modeling import create_model_from_json_schema, resolve_refs_and_remove_defs


class Models(ToolAdapter):
    def adapt(self, func: object, mcp_tool: object) -> type:
        return create_model_from_json_schema(resolve_refs_and_remove_defs(mcp_tool.inputSchema))

    async_adapt = adapt


def adapted(style: str, adapter: ToolAdapter) -> MCPAdapt:
    params = {"url": address(style), "transport": "streamable-http", "headers": HEADERS}
    return MCPAdapt(params, adapter)


async def main() -> dict:
    told = {}
    for style in QUERIES:
        with adapted(style, Models()) as models:
            schemas = [model.model_json_schema() for model in models]
        with adapted(style, LangChainAdapter()) as tools:
            assert len(tools) == len(schemas)
            told[style] = len(tools)
    with adapted("nested", LangChainAdapter()) as tools:
        named = {tool.name: tool for tool in tools}
        for name, (tool, arguments) in CALLS.items():
            told[name] = named[tool].invoke(arguments)
    return told


show(main)
