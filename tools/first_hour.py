"""Follows the page “Your first hour” word for word in an empty folder: `python tools/first_hour.py`."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "quick-start.md"
# The only words that are not the page's: where the repository is.
ADDRESS = "https://git.example.com/jackfield"
SECONDS = 300.0
_BLOCK = re.compile(r"^```sh(?: ([^\n]*))?\n(.*?)^```", re.MULTILINE | re.DOTALL)
# A program that goes on until it is stopped, and the port at which it answers.
_GOES_ON = {"jackfield sandbox iterable": 9901, "jackfield serve": 8080}
_END = "first-hour-block-ended"


@dataclass(frozen=True, slots=True)
class Block:
    """What is to be typed, and in which terminal."""

    terminal: str
    code: str

    @property
    def port(self) -> int | None:
        last = self.code.strip().splitlines()[-1]
        return next((port for start, port in _GOES_ON.items() if last.startswith(start)), None)


def blocks() -> Iterator[Block]:
    for terminal, code in _BLOCK.findall(PAGE.read_text("utf-8")):
        yield Block(terminal or "Install", code)


@dataclass(slots=True)
class Terminal:
    """A shell that is typed into, and what it printed."""

    folder: Path
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        environment = {
            name: value
            for name, value in os.environ.items()  # noqa: TID251 - what a shell would have
            if not name.startswith("JACKFIELD_")
        }
        self.process = subprocess.Popen(
            ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def start(self, code: str) -> None:
        """Type a block in."""
        file = self.folder.resolve() / f".typed-{time.monotonic_ns()}"
        file.write_text(code, "utf-8")
        assert self.process.stdin is not None
        # What it prints may end within a line.
        end = f"rm {file}; printf '\\n%s\\n' {_END}"
        self.process.stdin.write(f". {file} </dev/null\n{end}\n")
        self.process.stdin.flush()

    def run(self, code: str) -> str:
        """Type a block in, and return what it prints."""
        self.start(code)
        lines: list[str] = []
        assert self.process.stdout is not None
        # What waits for something that does not come is ended.
        patience = threading.Timer(SECONDS, self.end)
        patience.start()
        try:
            for line in self.process.stdout:
                if line.strip() == _END:
                    return "".join(lines)
                lines.append(line)
        finally:
            patience.cancel()
        said = "".join(lines)
        message = f"this ended with {self.process.wait()}:\n{code}\n{said}"
        raise RuntimeError(message)

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)

    def close(self) -> None:
        self.end()
        self.process.communicate()


@contextlib.contextmanager
def terminals(folder: Path) -> Generator[Callable[[str], Terminal]]:
    """Yield a function that returns the terminal of a name; all are closed at the end."""
    opened: dict[str, Terminal] = {}

    def named(name: str) -> Terminal:
        if name not in opened:
            opened[name] = Terminal(folder)
        return opened[name]

    try:
        yield named
    finally:
        for each in reversed(opened.values()):
            each.close()


def follow(
    folder: Path, typed: Iterator[Block], *, ports: dict[int, int] | None = None
) -> Iterator[str]:
    """Type block after block in, and yield each with what it printed; `ports` stand for others."""
    with terminals(folder) as named:
        for block in typed:
            if block.port is None:
                yield f"{block.code}\n{named(block.terminal).run(block.code)}"
                continue
            named(block.terminal).start(block.code)
            _answers((ports or {}).get(block.port, block.port), named(block.terminal))
            yield f"{block.code}\n"


def _answers(port: int, terminal: Terminal) -> None:
    """Wait until something listens at a port."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if terminal.process.poll() is not None:
            assert terminal.process.stdout is not None
            raise RuntimeError(terminal.process.stdout.read())
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    message = f"nothing answers at port {port}"
    raise RuntimeError(message)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="first-hour-") as folder:
        typed = (
            Block(each.terminal, each.code.replace(ADDRESS, f"{ROOT} jackfield"))
            for each in blocks()
        )
        for said in follow(Path(folder), typed):
            print(said, flush=True)
    print("The page can be followed.")


if __name__ == "__main__":
    sys.exit(main())
