"""`pydantic-ai`: an agent whose model calls each tool, and its schemas for OpenAI and Google."""

from calls import CALLS, HEADERS, QUERIES, address, show
from pydantic_ai import Agent
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel
from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer


async def main() -> dict:
    told = {}
    steps = iter(CALLS.items())
    said = {}

    def model(messages: list, info: object) -> ModelResponse:
        told["seen"] = len(info.function_tools)
        for part in messages[-1].parts:
            if hasattr(part, "tool_call_id"):
                said[part.tool_call_id] = part.content
        step = next(steps, None)
        if step is None:
            return ModelResponse(parts=[TextPart("done")])
        name, (tool, arguments) = step
        return ModelResponse(parts=[ToolCallPart(tool, arguments, tool_call_id=name)])

    for style in QUERIES:
        async with MCPToolset(address(style), headers=HEADERS) as hub:
            tools = await hub.list_tools()
        for transformer in (OpenAIJsonSchemaTransformer, GoogleJsonSchemaTransformer):
            converted = [transformer(tool.inputSchema, strict=None).walk() for tool in tools]
        told[style] = len(converted)
    agent = Agent(FunctionModel(model), toolsets=[MCPToolset(address("nested"), headers=HEADERS)])
    await agent.run("go")
    return told | said


show(main)
