"""A call of an action as code to copy: the key is a placeholder, and so is every secret."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pprint import pformat
from typing import Final, TypeAlias

from jackfield.agents.names import tool_name
from jackfield.agents.param_styles import ParamStyle, argument_names_of
from jackfield.engine.action import CompiledAction
from jackfield.kit.json import Json, is_list, is_object
from jackfield.kit.secret_names import MASK, is_secret_name
from jackfield.ui.dashboard.command_line import command_of, visible_json

ByLocation: TypeAlias = Mapping[str, Mapping[str, Json]]

_INSTEAD: Final = "YOUR_SECRET"
_WIDTH: Final = 80
# What JavaScript cannot hold exactly.
_EXACT: Final = 2**53


@dataclass(frozen=True, slots=True)
class Call:
    """An action with an account and inputs, at a hub."""

    hub: str
    action: CompiledAction
    account_id: str
    inputs: Mapping[str, Json]

    @property
    def by_location(self) -> dict[str, dict[str, Json]]:
        return located(self.action, self.inputs)


@dataclass(frozen=True, slots=True)
class Snippet:
    name: str
    code: str


def located(action: CompiledAction, inputs: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """Return inputs by location and name."""
    made: dict[str, dict[str, Json]] = {}
    for name, value in inputs.items():
        made.setdefault(action.locations.get(name, "body"), {})[name] = value
    return made


def snippets_of(call: Call) -> tuple[Snippet, ...]:
    """Return the call in every language."""
    plain = Call(call.hub, call.action, call.account_id, without_secrets(call.inputs))
    return (
        Snippet("curl", _curl(plain)),
        Snippet("Python", _python(plain)),
        Snippet("Python, stackone-ai", _toolset(plain)),
        Snippet("TypeScript", _typescript(plain)),
        Snippet("CLI", command_of(plain.action.id, plain.account_id, plain.inputs.items())),
        Snippet("MCP", _mcp(plain)),
    )


def without_secrets(value: Json, *, is_secret: bool = False) -> Json:
    """Return a value with a placeholder for what is called a secret, at any depth."""
    if is_object(value):
        return {
            name: without_secrets(inner, is_secret=is_secret or is_secret_name(name))
            for name, inner in value.items()
        }
    if is_list(value):
        return [without_secrets(inner, is_secret=is_secret) for inner in value]
    if isinstance(value, str) and MASK in value:
        return value.replace(MASK, _INSTEAD)
    return _INSTEAD if is_secret and value is not None and value is not True else value


def _curl(call: Call) -> str:
    content = {"action": call.action.id, **call.by_location}
    return (
        f"curl {shlex.quote(f'{call.hub}/actions/rpc')} \\\n"
        '  --user "$JACKFIELD_API_KEY:" \\\n'
        f"  --header {shlex.quote(f'x-account-id: {call.account_id}')} \\\n"
        "  --header 'content-type: application/json' \\\n"
        f"  --data {shlex.quote(visible_json(content, indent=2))}"
    )


def _python(call: Call) -> str:
    arguments = [_python_value(call.action.id), f"account_id={_python_value(call.account_id)}"]
    if call.inputs:
        arguments.insert(1, _indented(_python_value(call.inputs), "        "))
    listed = "".join(f"        {each},\n" for each in arguments)
    return (
        "# JACKFIELD_API_KEY in the environment is the key.\n"
        "from jackfield.client import Hub\n\n"
        f"with Hub({_python_value(call.hub)}) as hub:\n"
        f"    result = hub.run(\n{listed}    )\n"
        "    print(result.data)"
    )


def _toolset(call: Call) -> str:
    names = argument_names_of(call.action, ParamStyle.FLAT_PREFIXED)
    arguments = {names.get(name, name): value for name, value in call.inputs.items()}
    shown = _indented(_python_value(arguments), "")
    return (
        "# STACKONE_API_KEY in the environment is the key.\n"
        "from stackone_ai import StackOneToolSet\n\n"
        "toolset = StackOneToolSet(\n"
        f"    base_url={_python_value(call.hub)},\n"
        f"    account_id={_python_value(call.account_id)},\n"
        ")\n"
        f"tools = toolset.fetch_tools(account_ids=[{_python_value(call.account_id)}])\n"
        f"tool = tools.get_tool({_python_value(tool_name(call.action.id))})\n"
        f"print(tool.execute({shown}))"
    )


def _typescript(call: Call) -> str:
    content = {
        "action": call.action.id,
        **{place: inputs for place, inputs in call.by_location.items() if place != "headers"},
        "headers": {**call.by_location.get("headers", {}), "x-account-id": call.account_id},
    }
    note = (
        "// JavaScript rounds numbers beyond 2 ** 53: this call has one.\n"
        if any(abs(each) > _EXACT for each in _numbers(call.inputs))
        else ""
    )
    return (
        'import { StackOne } from "@stackone/stackone-client-ts";\n\n'
        "const stackOne = new StackOne({\n"
        f"  serverURL: {visible_json(call.hub)},\n"
        '  security: { username: process.env.JACKFIELD_API_KEY, password: "" },\n'
        "});\n"
        f"{note}"
        f"const result = await stackOne.actions.rpcAction({visible_json(content, indent=2)});\n"
        "console.log(result.actionsRpcResponse.data);"
    )


def _mcp(call: Call) -> str:
    names = argument_names_of(call.action, ParamStyle.NESTED)
    arguments = {
        place: {names.get(name, name): value for name, value in inputs.items()}
        for place, inputs in call.by_location.items()
    }
    params = {"name": tool_name(call.action.id), "arguments": arguments}
    content = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return (
        f"POST {call.hub}/mcp\n"
        "authorization: Bearer YOUR_API_KEY\n"
        f"x-account-id: {call.account_id}\n"
        "accept: application/json, text/event-stream\n"
        "content-type: application/json\n\n"
        f"{visible_json(content, indent=2)}"
    )


def _python_value(value: Json) -> str:
    text = pformat(value, width=_WIDTH, sort_dicts=False)
    return text if not isinstance(value, str) else repr(value)


def _indented(text: str, by: str) -> str:
    return text.replace("\n", f"\n{by}")


def _numbers(value: Json) -> Iterator[int]:
    if is_object(value):
        for inner in value.values():
            yield from _numbers(inner)
    elif is_list(value):
        for inner in value:
            yield from _numbers(inner)
    elif isinstance(value, int):
        yield value
