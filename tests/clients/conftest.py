"""Clients as others published them, installed apart from what we use ourselves.

The first test that needs them installs them; later ones, and later runs, find them there.
"""

import hashlib
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jackfield.client import AsyncHub
from jackfield.runtime import Hub
from jackfield.sandbox.iterable.server import Sandbox
from tests.support import node
from tests.support.node import KEPT, alone, install, installed
from tests.support.running import serving_hub

FOLDER = Path(__file__).parent

Run = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Served:
    """A hub that listens on loopback, and an account linked to its Iterable."""

    hub: Hub
    url: str
    key: str
    account: str


@pytest.fixture
async def served(data_dir: Path, sandbox: Sandbox) -> AsyncGenerator[Served]:
    async with serving_hub(sandbox, data_dir=data_dir) as running:
        url, key = running.hub.public_url, running.api_key
        async with AsyncHub(url, key) as client:
            account = await link(client, running.us_key)
        yield Served(running.hub, url, key, account)


async def link(client: AsyncHub, api_key: str, **terms: Any) -> str:
    """Link an account as the Hub page does."""
    session = await client.create_connect_session(
        origin_owner_id="acme", origin_owner_name="Acme Inc.", provider="iterable", **terms
    )
    token = {"x-hub-session-token": session.token}
    offered = await client.request("GET", "/hub/connectors", headers=token)
    body = {
        "integration_id": offered["integrations"][0]["integration_id"],
        "credentials": {"api_key": api_key, "region": "us"},
    }
    return (await client.request("POST", "/hub/accounts", body=body, headers=token))["id"]


@pytest.fixture(scope="session")
def published_python() -> Path:
    """Return a Python that has the published packages of `python/requirements.txt`."""
    return python_with(FOLDER / "python" / "requirements.txt")


@pytest.fixture(scope="session")
def newest_a2a_python() -> Path:
    """Return a Python that has the newest A2A client."""
    return python_with(FOLDER / "python" / "requirements-a2a.txt")


def python_with(wanted: Path) -> Path:
    name = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = KEPT / f"python-{name}"
    with alone(folder):
        if not (folder / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
            install([*pip, "--disable-pip-version-check", "-r", wanted], folder)
            (folder / "ready").touch()
    return folder / "bin" / "python"


@pytest.fixture(scope="session")
def published_node() -> Path:
    """Return a folder in which the published packages of `node/package.json` are installed."""
    return installed(FOLDER / "node")


@pytest.fixture
def run() -> Run:
    """Run a program to its end, and return what it printed; as JSON, unless told otherwise."""

    async def run(*command: object, as_json: bool = True, **variables: str) -> Any:
        out = await node.run(*command, **variables)
        return msgspec.json.decode(out) if as_json else out

    return run
