"""Commands in processes that are forked from one that has imported the hub already.

Starting Python and importing the hub is most of what a short command takes, and of what a server
takes to start. A forked process runs what `python -m jackfield` runs, with a command's own arguments,
variables, folder and streams. What it starts itself, as a supervisor does, starts as ever: it has
threads, and a fork of it would wait for what they hold.
"""

import asyncio
import atexit
import contextlib
import functools
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
import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from jackfield import cli

# Read by Python when it starts, which the process that forks has done.
_READ_AT_THE_START = ("LANG", "LC_", "PYTHON", "TZ")
_WARNINGS = "PYTHONWARNINGS"
_HANDED_OVER = 4
_FAILED = 1


def of_a_shell() -> dict[str, str]:
    """Return the variables that a shell would pass on, without settings of a hub."""
    own = os.environ  # noqa: TID251 - as said
    passed_on = {name: own[name] for name in own if not name.startswith("JACKFIELD_")}
    return {**passed_on, _WARNINGS: "error"}


async def start(*words: str, module: str = "jackfield", **settings: str) -> "Forked":
    """Start a command with settings of the hub, as a shell would."""
    return await forker().start(words, _variables(settings), module=module)


def _variables(settings: Mapping[str, str]) -> dict[str, str]:
    return {**of_a_shell(), **{f"JACKFIELD_{name}": value for name, value in settings.items()}}


class Forked:
    """A process that was forked for a command; what it says is read as of any subprocess."""

    def __init__(
        self,
        pid: int,
        stdout: asyncio.StreamReader,
        stderr: asyncio.StreamReader,
        parent: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self._status = asyncio.create_task(_told(*parent))

    @property
    def returncode(self) -> int | None:
        return self._status.result() if self._status.done() else None

    def send_signal(self, number: int) -> None:
        if self._status.done():
            raise ProcessLookupError
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        return await asyncio.shield(self._status)

    async def communicate(self) -> tuple[bytes, bytes]:
        """Return what is left to read, once the process has ended."""
        out, err, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return out, err


class Forker:
    """A process that forks others for commands, until it is closed."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._control, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._variables = _read_at_the_start(variables)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            cwd=Path(__file__).parents[2],
            env={name: value for name, value in variables.items() if name != _WARNINGS},
            # As a command has them: what Python makes of its streams depends on their kind.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        theirs.close()

    def suits(self, variables: Mapping[str, str]) -> bool:
        """Return whether Python would start with these variables as it has started here."""
        return _read_at_the_start(variables) == self._variables

    async def start(
        self,
        words: Sequence[str],
        variables: Mapping[str, str],
        stdin: bytes = b"",
        module: str = "jackfield",
    ) -> Forked:
        ours, theirs = socket.socketpair()
        (its_in, to_in), (from_out, its_out), (from_err, its_err) = (os.pipe() for _ in range(3))
        handed_over = [theirs.detach(), its_in, its_out, its_err]
        socket.send_fds(self._control, [b"."], handed_over)
        for each in handed_over:
            os.close(each)
        reader, writer = await asyncio.open_connection(sock=ours)
        task = {"module": module, "words": words, "variables": dict(variables)}
        writer.write(json.dumps({**task, "folder": str(Path.cwd())}).encode() + b"\n")
        await _write(to_in, stdin)
        out, err = await _reader(from_out), await _reader(from_err)
        pid = await reader.readline()
        assert pid, self._process.communicate()[1].decode()
        return Forked(int(pid), out, err, (reader, writer))

    async def run(
        self, words: Sequence[str], variables: Mapping[str, str], stdin: bytes
    ) -> tuple[int, bytes, bytes]:
        """Return how a command ended, as of a subprocess, and what it wrote."""
        process = await self.start(words, variables, stdin)
        try:
            out, err = await process.communicate()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        return await process.wait(), out, err

    def close(self) -> None:
        self._control.close()
        self._process.communicate()


@functools.cache
def forker() -> Forker:
    """Return the one of this process, which ends with it."""
    made = Forker(of_a_shell())
    atexit.register(made.close)
    return made


def _read_at_the_start(variables: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in variables.items()
        if name.startswith(_READ_AT_THE_START) and name != _WARNINGS
    }


async def _told(parent: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    """Return the status that the parent of a command tells at its end."""
    try:
        return int(await parent.readline())
    finally:
        writer.close()


async def _reader(end: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(end, "rb", 0)
    )
    return reader


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


def _run(task: Mapping[str, Any], streams: Sequence[int]) -> NoReturn:
    for number, each in enumerate(streams):
        os.dup2(each, number)
        os.close(each)
    os.chdir(task["folder"])
    variables = os.environ  # noqa: TID251 - a shell starts a command with its own
    variables.clear()
    variables.update(task["variables"])
    sys.warnoptions[:] = filter(None, variables.get(_WARNINGS, "").split(","))
    warnings._processoptions(sys.warnoptions)  # noqa: SLF001 - as Python does
    sys.argv[1:] = task["words"]
    _main(task["module"])


def _main(module: str) -> NoReturn:
    """Run a module as a program, and end as Python does, but for the freeing of all its memory."""
    status: object = _FAILED
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ended:
        status = ended.code or 0
    except BaseException:  # noqa: BLE001 - as said
        sys.excepthook(*sys.exc_info())
    with contextlib.suppress(Exception):
        threading._shutdown()  # noqa: SLF001
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status if isinstance(status, int) else _FAILED)


if __name__ == "__main__":
    _import_all()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as _ours:
        _fork_on_demand(_ours)
