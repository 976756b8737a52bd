"""Small OpenAPI documents, and calls of the tools they become."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jackfield.connectors.connector import Connector
from jackfield.engine.ports import Request
from jackfield.testing.calls import make_run_context
from tests.support.openapi import Recorder, imported

HEAD = """\
openapi: 3.0.3
info: { title: Made, version: '1' }
servers: [{ url: https://api.made.example/base }]
"""


def connector_of(file: Path, text: str, *, head: str = HEAD) -> Connector:
    file.write_text(head + text, encoding="utf-8")
    connector = imported(file, file.parent)
    assert connector.findings == ()
    return connector


def operation(inside: str, *, method: str = "post", path: str = "/things") -> str:
    return f"paths: {{ '{path}': {{ {method}: {{ operationId: act, {inside} }} }} }}\n"


async def sent(
    connector: Connector,
    inputs: Mapping[str, Mapping[str, Any]],
    *,
    method: str = "none",
    credentials: Mapping[str, str] | None = None,
    action: str = "made_act",
) -> Request:
    found = connector.find_action(action)
    assert found
    recorder = Recorder()
    call = make_run_context(
        recorder, credentials or {}, inputs=found.compiled.accept(inputs), auth_method=method
    )
    await found.compiled.run(call)
    assert recorder.seen
    return recorder.seen


def query(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
