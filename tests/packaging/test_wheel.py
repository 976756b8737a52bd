"""The wheel: all that a hub needs, and it runs where nothing but its data can be written."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from tests.support.running import PATIENCE
from tools.manual_in_wheel import INSIDE, shipped

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
# Root without capabilities is held to the modes of files, as any user is.
_WITHOUT_RIGHTS = (
    ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")
    if os.geteuid() == 0
    else ()
)


def tracked(folder: str) -> set[str]:
    """Return the files below a folder, without what Python leaves there."""
    found = (ROOT / folder).rglob("*")
    return {
        str(each.relative_to(ROOT / folder))
        for each in found
        if each.is_file() and "__pycache__" not in each.parts
    }


def test_every_file_of_the_hub_and_its_connectors_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        names = set(content.namelist())

    wanted = {f"jackfield/{each}" for each in tracked("src/jackfield")}
    wanted |= {f"jackfield/_connectors/{each}" for each in tracked("connectors")}
    wanted |= {f"{INSIDE}/{each}" for each in shipped(ROOT)}
    assert wanted <= names
    rest = {each for each in names - wanted if ".dist-info/" not in each}
    assert rest == set()
    assert {each for each in wanted if each.endswith((".css", ".js", ".sql", ".html"))}


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """Install the wheel into a folder that only its owner can write to."""
    folder = tmp_path / "installed"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"),
            *("--target", str(folder), str(wheel)),
        ],
        check=True,
        capture_output=True,
    )
    for each in folder.rglob("*"):
        each.chmod(0o555 if each.is_dir() else 0o444)
    folder.chmod(0o555)
    return folder


@contextlib.asynccontextmanager
async def served(installed: Path, data: Path) -> AsyncGenerator[str]:
    """Serve without the right to write to more than `data`, and with an environment of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = {
        "PATH": os.defpath,
        "HOME": "/nonexistent",
        "PYTHONPATH": str(installed),
        "PYTHONDONTWRITEBYTECODE": "1",
        "JACKFIELD_DATA_DIR": str(data),
    }
    process = await asyncio.create_subprocess_exec(
        *(*_WITHOUT_RIGHTS, sys.executable, "-P", "-m", "jackfield", "serve", "--port", port),
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        cwd="/",
    )
    try:
        await _listens(process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        _, said = await process.communicate()
    assert process.returncode == 0, said.decode()[-2000:]


async def _listens(process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    said = b""
    async with asyncio.timeout(PATIENCE):
        while b"listens on" not in said:
            line = await process.stderr.readline()
            assert line, said.decode()[-2000:]
            said += line


def modules(installed: Path) -> str:
    """Return the file that `jackfield` is imported from."""
    return subprocess.run(
        [sys.executable, "-P", "-c", "import jackfield, sys; sys.stdout.write(jackfield.__file__)"],
        env={"PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


async def test_an_installed_hub_serves_every_asset_as_a_user_that_can_write_to_its_data_alone(
    installed: Path, tmp_path: Path
) -> None:
    # Pages, and what they are made of, from the wheel and not from the sources.
    parent = tmp_path / "parent"
    data = parent / "data"
    data.mkdir(parents=True)
    parent.chmod(0o555)
    assert modules(installed) == str(installed / "jackfield" / "__init__.py")
    async with served(installed, data) as url, httpx2.AsyncClient(base_url=url) as client:
        pages = (
            "/healthz",
            "/readyz",
            "/docs",
            "/docs/operating/backup",
            "/docs/operating/backup.md",
            "/docs/files/deploy/alerts.yaml",
            "/docs/search-index.js",
            "/llms-full.txt",
            "/openapi.json",
            "/hub.js",
            "/llms.txt",
            "/dashboard",
        )
        found = {
            page: (await client.get(page, follow_redirects=True)).status_code for page in pages
        }
    assert set(found.values()) <= {200, 401}, json.dumps(found)
    assert {each.name for each in parent.iterdir()} == {"data"}
    assert {"jackfield.db", "keyring.json"} <= {each.name for each in data.iterdir()}
