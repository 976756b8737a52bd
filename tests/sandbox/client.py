"""Asking a region of the sandbox in process, and reading what it answers."""

import asyncio
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from jackfield.sandbox.iterable.app import IterableApp

Json = Any
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (zlib.decompress(self.body, _GZIP) if packed else self.body).decode()

    @property
    def json(self) -> Json:
        return json.loads(self.text)

    @property
    def lines(self) -> list[Json]:
        return [json.loads(line) for line in self.text.splitlines()]


@dataclass(frozen=True, slots=True)
class Client:
    """Calls one region with one of its keys, the server-side one unless said otherwise."""

    app: IterableApp
    key: str = "server_side"

    def get(self, path: str, **query: object) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Json = None) -> Answer:
        return self.call("POST", path, body=body)

    def put(self, path: str, body: Json = None) -> Answer:
        return self.call("PUT", path, body=body)

    def patch(self, path: str, body: Json = None) -> Answer:
        return self.call("PATCH", path, body=body)

    def delete(self, path: str, body: Json = None) -> Answer:
        return self.call("DELETE", path, body=body)

    def using(self, key: str) -> "Client":
        return Client(self.app, key)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        known = self.app.sandbox.keys.get(self.key)
        sent = {"api-key": known.value if known else self.key, **(headers or {})}
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        split = urlsplit(path)
        asked = urlencode(query or {}, doseq=True) or split.query
        return asyncio.run(_ask(self.app, method, split.path, asked, sent, raw))

    def raw(self, method: str, path: str, headers: Sequence[tuple[str, str]] = ()) -> Answer:
        """Call with these headers and no other."""
        split = urlsplit(path)
        return asyncio.run(_ask(self.app, method, split.path, split.query, dict(headers), b""))


async def _ask(
    app: IterableApp, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [
            (name.encode(), value.encode()) for name, value in {"host": "test", **headers}.items()
        ],
        "client": ("127.0.0.1", 50_000),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *pieces = sent
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(piece["body"] for piece in pieces),
    )
