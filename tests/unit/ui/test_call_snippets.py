"""A call as code: what is copied does what the form does, and holds no secret."""

import ast
import json
import shlex
from typing import Any

import pytest

from jackfield.cli.inputs import pairs
from jackfield.cli.run import run
from jackfield.ui.dashboard.command_line import command_of
from jackfield.ui.dashboard.explorer.snippets import Call, snippets_of
from tests.support.running import own_catalog

SUBSCRIBE = "iterable_subscribe_users_to_list"
INPUTS: dict[str, Any] = {
    "listId": 12345678901234567890,
    "subscribers": [
        {"email": "o'hara@example.com", "dataFields": {"note": "a\x1b[201~\nid\n\x9b"}}
    ],
}


def snippets(inputs: dict[str, Any], action: str = SUBSCRIBE) -> dict[str, str]:
    _, info = own_catalog().action(action)
    call = Call("https://hub.test/under", info.compiled, "acc_1", inputs)
    return {each.name: each.code for each in snippets_of(call)}


def test_every_language_has_the_call_and_a_placeholder_for_the_key() -> None:
    code = snippets(INPUTS)

    assert [*code] == ["curl", "Python", "Python, stackone-ai", "TypeScript", "CLI", "MCP"]
    for name, text in code.items():
        assert SUBSCRIBE in text
        assert "acc_1" in text
        assert "12345678901234567890" in text
        assert name == "CLI" or "https://hub.test/under" in text
        assert "jf_sk" not in text
        assert all(each.isprintable() or each == "\n" for each in text), name


def test_the_shell_passes_on_what_the_form_has() -> None:
    words = shlex.split(snippets(INPUTS)["curl"].replace("\\\n", " "))

    content = json.loads(words[words.index("--data") + 1])
    assert content == {"action": SUBSCRIBE, "body": INPUTS}
    assert words[1] == "https://hub.test/under/actions/rpc"


def test_python_is_python_and_mcp_is_json() -> None:
    code = snippets(INPUTS)

    (call,) = [
        each
        for each in ast.walk(ast.parse(code["Python"]))
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "hub.run"
    ]
    assert ast.literal_eval(call.args[1]) == INPUTS
    ast.parse(code["Python, stackone-ai"])
    params = json.loads(code["MCP"].partition("\n\n")[2])["params"]
    assert params == {"name": SUBSCRIBE, "arguments": {"body": INPUTS}}
    assert "JavaScript rounds numbers" in code["TypeScript"]


def test_what_is_called_a_secret_is_left_out_at_every_depth() -> None:
    secret = "s3cr3t-of-ada"
    inputs = {
        **INPUTS,
        "subscribers": [{"email": "a@b.c", "dataFields": {"password": secret, "pin": [secret]}}],
    }

    for text in snippets(inputs).values():
        assert secret not in text
        assert "YOUR_SECRET" in text


@pytest.mark.parametrize(
    "value", ["plain words", '{"a": 1}', '"quoted"', "[", {"a": [1, None]}, "a=b", "it's", "é"]
)
def test_the_command_reads_each_value_as_it_was(value: Any) -> None:
    words = shlex.split(command_of(SUBSCRIBE, "acc_1", [("note", value)]))

    params = run.make_context("run", words[2:]).params
    assert params["account"] == "acc_1"
    assert pairs(SUBSCRIBE, params["inputs"]) == {"note": value}
