"""The receivers of a bench of many webhooks, in a process of their own.

`python -m bench.webhook_receivers EVENTS ENDPOINTS`: each endpoint has an address of its own on
loopback. The path says how it behaves: `/quick/N` answers, `/slow/N` answers after two seconds,
`/silent/N` never does. Prints its port, then a line of JSON at each step of what quick ones took.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import uvloop

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
SLOW_SECONDS = 2
STEPS = 100
_HEAD = re.compile(rb"POST /(\w+)/(\d+) .*?content-length: (\d+)\r\n", re.DOTALL | re.IGNORECASE)


@dataclass
class Seen:
    """What all endpoints were told; `total` is what quick ones will be told in all."""

    total: int
    endpoints: int
    arrived: Counter[str] = field(default_factory=Counter[str])
    by_endpoint: Counter[int] = field(default_factory=Counter[int])
    last: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    known: set[int] = field(default_factory=set[int])
    early: int = 0
    repeated: int = 0
    connections: int = 0
    most_connections: int = 0
    accepted: int = 0
    began: float = 0.0

    def take(self, kind: str, endpoint: int, account: int, n: int) -> None:
        self.began = self.began or time.monotonic()
        self.arrived[kind] += 1
        if n in self.known:
            self.repeated += 1
            return
        self.known.add(n)
        # What is told again after it failed comes late, and is no error of order.
        self.early += kind == "quick" and n < self.last.get((endpoint, account), -1)
        self.last[endpoint, account] = n
        if kind != "quick":
            return
        self.by_endpoint[endpoint] += 1
        told = self.by_endpoint.total() if self.total < STEPS else self.arrived["quick"]
        if told % max(1, self.total // STEPS) == 0 or told == self.total:
            self.say(told)

    def say(self, told: int) -> None:
        counts = [self.by_endpoint[each] for each in range(self.endpoints)]
        print(
            json.dumps(
                {
                    "seconds": time.monotonic() - self.began,
                    "told": told,
                    "least": min(counts),
                    "most": max(counts),
                    "mean": sum(counts) / len(counts),
                    "slow": self.arrived["slow"],
                    "silent": self.arrived["silent"],
                    "early": self.early,
                    "repeated": self.repeated,
                    "connections": self.connections,
                    "most_connections": self.most_connections,
                    "accepted": self.accepted,
                }
            ),
            flush=True,
        )


class Receiver(asyncio.Protocol):
    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.seen.accepted += 1
        self.seen.connections += 1
        self.seen.most_connections = max(self.seen.connections, self.seen.most_connections)

    def connection_lost(self, exc: Exception | None) -> None:
        self.seen.connections -= 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        match = _HEAD.match(head + b"\r\n")
        assert match is not None, head
        if len(body) < int(match[3]):
            return
        self.buffer = b""
        told = json.loads(body)
        kind = match[1].decode()
        self.seen.take(kind, int(match[2]), told["account"], told["n"])
        if kind == "quick":
            self.transport.write(ANSWER)
        elif kind == "slow":
            asyncio.get_running_loop().call_later(SLOW_SECONDS, self.transport.write, ANSWER)


async def receive(total: int, endpoints: int) -> None:
    seen = Seen(total, endpoints)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(seen), "0.0.0.0", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(receive(int(sys.argv[1]), int(sys.argv[2])))
