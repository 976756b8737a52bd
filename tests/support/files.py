"""A hub whose provider gives back a file."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import reply, scripted

FILES = """\
StackOne: 1.0.0
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
  - actionId: download_report
    label: Download report
    description: Download a report.
    categories: [documents]
    actionType: custom
    effects: [read]
    inputs: []
    steps:
      - stepId: fetch
        stepFunction:
          functionName: download_file
          parameters:
            url: /report
"""
PDF = b"%PDF-1.7 \x00\xff bytes"


@asynccontextmanager
async def hub_with_files(
    sandbox: Sandbox, folder: Path, *, data_dir: Path, clock: FrozenClock
) -> AsyncGenerator[tuple[Running, str]]:
    """Open a hub, and link an account whose `acme_download_report` is a PDF."""
    connectors = folder / "connectors"
    (connectors / "acme").mkdir(parents=True)
    (connectors / "acme" / "acme.connector.s1.yaml").write_text(FILES, encoding="utf-8")
    named = {
        "content-type": "application/pdf",
        "content-disposition": 'attachment; filename="Q1 €.pdf"',
    }
    answer = reply(
        PDF, headers={name: value.encode().decode("latin-1") for name, value in named.items()}
    )
    async with (
        scripted(answer) as provider,
        running_hub(
            sandbox,
            data_dir=data_dir,
            clock=clock,
            connectors=connectors,
            rewrite={"https://api.acme.example": provider.url},
        ) as hub,
    ):
        session = await hub.session(provider="acme")
        linked = await hub.submit(session["token"], {"token": "t" * 20}, provider="acme")
        yield hub, linked.json()["id"]
