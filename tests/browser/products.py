"""Products built of the docs' examples, and the servers behind them."""

import asyncio
import shutil
import subprocess
import sys
import tarfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from tests.support.node import KEPT, alone, embedding_packages, environment, install, node, npm
from tests.support.running import PATIENCE

_ROOT: Final = Path(__file__).parents[2]
EXAMPLES: Final = _ROOT / "docs/embed"
PACKAGE: Final = _ROOT / "packages/hub"
_OURS: Final = Path(__file__).parent / "embedding"
_HUB: Final = b"https://hub.example.com"


def make_app(folder: Path) -> None:
    """Put the packed package, the examples and what builds them into a folder."""
    modules = folder / "node_modules"
    modules.mkdir(parents=True)
    for module in (embedding_packages() / "node_modules").iterdir():
        if not module.name.startswith("."):
            (modules / module.name).symlink_to(module)
    with alone(KEPT / "packing"):
        install(npm("pack", "--silent", f"--pack-destination={folder}"), PACKAGE)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    (modules / "@jackfield").mkdir()
    (folder / "package").rename(modules / "@jackfield/hub")
    shutil.copytree(EXAMPLES, folder / "examples")
    for file in _OURS.iterdir():
        shutil.copyfile(file, folder / file.name)


def build_app(folder: Path) -> Path:
    """Build the pages, and return the folder they are in."""
    make_app(folder)
    install([node(), "build.mjs"], folder)
    dist = folder / "dist"
    (dist / "html.html").write_bytes((EXAMPLES / "html/index.html").read_bytes())
    return dist


def deploy(dist: Path, folder: Path, hub_url: str) -> None:
    """Copy the built pages to `folder`, for the hub at `hub_url`."""
    for file in dist.rglob("*"):
        if file.is_file():
            place = folder / file.relative_to(dist)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes().replace(_HUB, hub_url.encode()))


@asynccontextmanager
async def example_server(language: str, variables: Mapping[str, str]) -> AsyncGenerator[str]:
    """Run the example of a product's server, and return its address."""
    program = {
        "python": [sys.executable, "-W", "error", EXAMPLES / "server/server.py"],
        "node": [node(), EXAMPLES / "server/server.mjs"],
    }[language]
    process = await asyncio.create_subprocess_exec(
        *map(str, program),
        env={**environment(), **variables, "PORT": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        url = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode().strip()
        assert url.startswith("http://127.0.0.1:")
        yield url
    finally:
        process.terminate()
        await process.wait()
