"""A connector to upload, in versions, as its files or as a zip."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from jackfield.uploads.bundle import Bundle, from_files
from tests.support.running import Running

KEY = "acme"
MAIN = "acme.connector.s1.yaml"
DOCUMENT = """\
StackOne: 1.0.0
engine: strict
info: {title: Acme, key: acme, version: 1.0.0, description: Things.}
baseUrl: https://api.acme.example
authentication:
  - token:
      type: custom
      label: Token
      authorization: {type: bearer, token: $.credentials.token}
      configFields:
        - {key: token, label: Token, type: password, required: true, secret: true}
actions:
  - actionId: list_things
    label: List things
    description: List things.
    categories: [documents]
    actionType: list
    effects: [read]
    inputs: [{name: kind, type: string, description: Which., in: query}]
    steps:
      - stepId: list
        stepFunction:
          functionName: request
          parameters:
            url: /things
            method: get
            args: [{name: kind, value: $.inputs.kind, in: query, condition: "{{present(inputs.kind)}}"}]
    result: {data: $.steps.list.output.data.data}
"""
CASES = """\
- case: things are listed
  action: list_things
  credentials: {token: secret-1}
  provider:
    - expect: {method: GET, path: /things}
      answer: {json: {data: [{id: one}]}}
  output: [{id: one}]
"""


def document(version: str = "1.0.0", **changes: str) -> str:
    """Return the document in a version, with texts in place of others: `old=new`."""
    text = DOCUMENT.replace("version: 1.0.0, d", f"version: {version}, d")
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def files(text: str = DOCUMENT, **more: str) -> list[dict[str, str]]:
    return [{"name": MAIN, "text": text}, *({"name": n, "text": t} for n, t in more.items())]


def bundle(text: str = DOCUMENT, **more: str) -> Bundle:
    return from_files((name, each.encode()) for name, each in {MAIN: text, **more}.items())


def packed(content: Mapping[str, str | bytes], *, folder: str = "") -> bytes:
    packed_into = io.BytesIO()
    with zipfile.ZipFile(packed_into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(f"{folder}{name}", text)
    return packed_into.getvalue()


async def upload(hub: Running, text: str = DOCUMENT, key: str = KEY, **more: str) -> Any:
    return await hub.api.put(
        f"/jackfield/connectors/{key}/versions", json={"files": files(text, **more)}
    )


async def publish(hub: Running, text: str = DOCUMENT, **body: str) -> Any:
    """Upload a version and publish it; return what publishing answers."""
    kept = (await upload(hub, text)).json()
    assert kept["publishable"], kept["findings"]
    return await press(hub, kept["version"]["id"], **body)


async def press(hub: Running, version_id: str, **body: str) -> Any:
    place = f"/jackfield/connectors/{KEY}/versions/{version_id}/publish"
    return await hub.api.post(place, json=body)
