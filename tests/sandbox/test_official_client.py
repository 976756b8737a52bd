"""Iterable's published client, unmodified, works with the sandbox."""

import asyncio
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import serve

FOLDER = Path(__file__).parent / "official_client"

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node.js"),
]


async def test_every_method_of_the_published_client_works(request: pytest.FixtureRequest) -> None:
    folder = await installed(request.config)

    async with serve() as sandbox:
        output = await run(
            "node", "journeys.mjs", sandbox.us.url, sandbox.us.api_keys["server_side"], cwd=folder
        )

    report = json.loads(output)
    failed = {name: result for name, result in report["outcome"].items() if result != "done"}
    assert failed == {}
    assert report["uncalled"] == []


async def installed(config: pytest.Config) -> Path:
    """Install the client once for each version that is asked for."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    folder = Path(config.cache.mkdir(f"official-client-{hashlib.sha256(lock).hexdigest()[:12]}"))
    for file in FOLDER.iterdir():
        shutil.copy(file, folder / file.name)
    if not (folder / "node_modules" / ".package-lock.json").exists():
        await run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    return folder


async def run(*command: str, cwd: Path) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output
