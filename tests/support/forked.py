"""Commands in processes that are forked from one that has imported the hub already.

Starting Python and importing the hub is most of what a short command takes. A forked process runs
what `python -m jackfield` runs, with a command's own arguments, variables, folder and streams.
"""

import asyncio
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jackfield import cli

# Read by Python when it starts, which the process that forks has done.
_READ_AT_THE_START = ("LANG", "LC_", "PYTHON", "TZ")
_HANDED_OVER = 4


class Forker:
    """A process that forks others for commands, until it is closed."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._control, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._variables = _read_at_the_start(variables)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[2],
            env=dict(variables),
            # As a command has them: what Python makes of its streams depends on their kind.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        theirs.close()

    def suits(self, variables: Mapping[str, str]) -> bool:
        """Return whether Python would start with these variables as it has started here."""
        return _read_at_the_start(variables) == self._variables

    async def run(
        self, words: Sequence[str], variables: Mapping[str, str], stdin: bytes
    ) -> tuple[int, bytes, bytes]:
        """Return how a command ended, as of a subprocess, and what it wrote."""
        ours, theirs = socket.socketpair()
        (its_in, to_in), (from_out, its_out), (from_err, its_err) = (os.pipe() for _ in range(3))
        handed_over = [theirs.detach(), its_in, its_out, its_err]
        socket.send_fds(self._control, [b"."], handed_over)
        for each in handed_over:
            os.close(each)
        reader, writer = await asyncio.open_connection(sock=ours)
        task = {"words": words, "variables": dict(variables), "folder": str(Path.cwd())}
        writer.write(json.dumps(task).encode() + b"\n")
        pid, status = await reader.readline(), b""
        try:
            assert pid, self._process.communicate()[1].decode()
            out, err, _ = await asyncio.gather(
                _read(from_out), _read(from_err), _write(to_in, stdin)
            )
            status = await reader.readline()
        finally:
            if pid and not status:
                os.kill(int(pid), signal.SIGKILL)
            writer.close()
        return int(status), out, err

    def close(self) -> None:
        self._control.close()
        self._process.communicate()


def _read_at_the_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name.startswith(_READ_AT_THE_START)}


async def _read(end: int) -> bytes:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(end, "rb", 0)
    )
    try:
        return await reader.read()
    finally:
        transport.close()


async def _write(end: int, content: bytes) -> None:
    """Leave it to the loop: a command need not read all that it is given."""
    transport, _ = await asyncio.get_running_loop().connect_write_pipe(
        asyncio.Protocol, os.fdopen(end, "wb", 0)
    )
    transport.write(content)
    transport.close()


def _import_all() -> None:
    for each in pkgutil.iter_modules(cli.__path__, f"{cli.__name__}."):
        importlib.import_module(each.name)
    importlib.import_module("jackfield.asgi")


def _fork_on_demand(control: socket.socket) -> None:
    """Fork a process for each set of streams that comes, until no more can come."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while handed_over := socket.recv_fds(control, 1, _HANDED_OVER)[1]:
        if os.fork() == 0:
            control.close()
            _run_and_tell(*handed_over)
        for each in handed_over:
            os.close(each)


def _run_and_tell(told: int, *streams: int) -> None:
    """Become the parent of a command: tell its id, and its status once it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    channel = socket.socket(fileno=told)
    with channel.makefile("rb") as lines:
        task = json.loads(lines.readline())
    if (pid := os.fork()) == 0:
        channel.close()
        _run(task, streams)
    for each in (*range(len(streams)), *streams):
        os.close(each)
    with contextlib.suppress(BrokenPipeError):
        channel.sendall(b"%d\n" % pid)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        channel.sendall(b"%d\n" % status)
    os._exit(0)


def _run(task: Mapping[str, Any], streams: Sequence[int]) -> None:
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    os.chdir(task["folder"])
    variables = os.environ  # noqa: TID251 - a shell starts a command with its own
    variables.clear()
    variables.update(task["variables"])
    sys.argv[1:] = task["words"]
    runpy.run_module("jackfield", run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    _import_all()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as _ours:
        _fork_on_demand(_ours)
