"""A Redis of the tests' own."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, RedisError

from tests.support.postgres import free_port

_PROGRAMS = ("redis-server", "valkey-server")


@dataclass(slots=True)
class Server:
    """A server that can be stopped, halted, and started again at the same address."""

    folder: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        assert program is not None, "redis-server is not installed; script/test installs it"
        options = [
            *self.options,
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
        ]
        self.process = subprocess.Popen(
            [program, *options, str(self.folder)],
            stdout=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )
        assert asyncio.run(_answers(self.url, self.process)), "it ended"

    def halt(self) -> None:
        """Let it answer nothing, until it resumes."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None


@contextmanager
def stoppable() -> Generator[Server]:
    server = Server(Path(tempfile.mkdtemp(prefix="jackfield-redis-")))
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


async def clear(url: str) -> None:
    client = Redis.from_url(url)
    await client.flushall()
    await client.aclose()


async def _answers(url: str, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until the server answers, or has ended."""
    client = Redis.from_url(url)
    try:
        while server.poll() is None:
            try:
                await client.ping()
            except AuthenticationError:
                return True
            except (OSError, RedisError):
                await asyncio.sleep(0.02)
            else:
                return True
        return False
    finally:
        await client.aclose()
