"""The server under each stand-in, with what a service does when it does not work."""

import json
import ssl
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.support.certificates import Pair


@dataclass(frozen=True)
class Asked:
    """A request of a client."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True)
class Told:
    """The answer to it."""

    status: int
    content: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """What a service answers instead."""

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self.told = told


@dataclass
class KeyServer:
    """A stand-in; `answer` does the work of the service."""

    answer: Callable[[Asked], Told]
    # Answered before the work is done, one by one: throttling, faults.
    first: list[Told] = field(default_factory=list)
    is_silent: bool = False
    seen: list[Asked] = field(default_factory=list)
    url: str = ""
    port: int = 0
    ended: Event = field(default_factory=Event)

    def reply(self, asked: Asked) -> Told:
        self.seen.append(asked)
        if self.is_silent:
            self.ended.wait()
        if self.first:
            return self.first.pop(0)
        try:
            return self.answer(asked)
        except Refusal as refusal:
            return refusal.told


@contextmanager
def serving(
    answer: Callable[[Asked], Told], *, pair: Pair | None = None, folder: Path | None = None
) -> Generator[KeyServer]:
    """Serve a stand-in until the block ends; over TLS with `pair`, which is written to `folder`."""
    server = KeyServer(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = server.reply(Asked(self.command, self.path, headers, self.rfile.read(length)))
            content = json.dumps(told.content).encode()
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names of the standard library

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
            pass

        def handle(self) -> None:
            # Clients that give up, and those that do not trust its certificate.
            with suppress(OSError):
                super().handle()

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    http = Quiet(("127.0.0.1", 0), Handler)
    if pair is not None:
        assert folder is not None
        (folder / "server.pem").write_text(pair.certificate + pair.key, "utf-8")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem")
        http.socket = context.wrap_socket(http.socket, server_side=True)
    server.port = http.server_address[1]
    server.url = f"{'http' if pair is None else 'https'}://127.0.0.1:{server.port}"
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        http.shutdown()
        http.server_close()
        thread.join()
