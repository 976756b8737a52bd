"""How many calls of functions one action call takes, in process, with the provider replaced.

`python -m bench.calls [--table]`: a count does not depend on the machine. The application is called as a
server calls it; what the HTTP client and the server's protocol do is not in it.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jackfield.app import build_app, open_hub
from jackfield.egress.client import OutboundRequest, OutboundResponse
from jackfield.kit import log
from jackfield.kit.actor import Actor
from jackfield.projects import service as projects
from jackfield.settings import Settings

KEY = "0123456789abcdef0123456789abcdef"
ANSWER = json.dumps(
    {
        "channels": [
            {"id": n, "name": f"Channel {n}", "channelType": "Marketing", "messageMedium": "Email"}
            for n in range(5)
        ]
    }
).encode()


class Upstream:
    async def fetch(self, request: OutboundRequest) -> OutboundResponse:
        return OutboundResponse(200, {"content-type": "application/json"}, ANSWER, request.url)

    async def close(self) -> None:
        pass


@dataclass
class Call:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    async def of(self, app) -> tuple[int, bytes]:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": self.method,
            "path": self.path.partition("?")[0],
            "raw_path": self.path.encode(),
            "query_string": b"",
            "scheme": "http",
            "root_path": "",
            "client": ("127.0.0.1", 5),
            "server": ("127.0.0.1", 80),
            "headers": [(k.encode(), v.encode()) for k, v in self.headers.items()],
            "state": {},
        }
        messages = []
        from jackfield.http import whole_messages
        class Flow:
            write_paused = False
            def resume_reading(self): pass
        class Transport:
            def write(self, data): messages.append(data)
        class Cycle:
            pass
        c = Cycle(); c.more_body=False; c.disconnected=False; c.response_complete=False; c.body=bytearray(self.body); c.message_event=asyncio.Event(); c.flow=Flow()
        c.response_started=False; c.scope=scope; c.default_headers=[(b"date",b"x"),(b"server",b"uvicorn")]; c.keep_alive=True; c.transport=Transport(); c.on_response=lambda: None; c.waiting_for_100_continue=False
        whole_messages.offer(scope, c)
        given = [{"type": "http.request", "body": self.body, "more_body": False}]

        async def receive():
            if given:
                return given.pop()
            await asyncio.Event().wait()

        async def send(message):
            messages.append(message)

        await app(scope, receive, send)
        if isinstance(messages[0], bytes):
            return int(messages[0][9:12]), messages[0].partition(b"\r\n\r\n")[2]
        return messages[0]["status"], b"".join(m.get("body", b"") for m in messages[1:])


async def main() -> None:
    opt = argparse.ArgumentParser()
    opt.add_argument("--table", action="store_true")
    opt.add_argument("--time", action="store_true")
    chosen = opt.parse_args()
    log.configure(level="info", stream=open("/tmp/calls.log", "w"))
    with tempfile.TemporaryDirectory() as name:
        async with open_hub(Settings(data_dir=Path(name)), public_url="http://localhost") as real:
            hub = replace(real, egress=Upstream())
            app = build_app(hub)
            project = await projects.ensure_project(hub, Actor.command("bench"))
            async with hub.db.write(project.id, Actor.command("bench")) as tx:
                key = (await projects.issue_key(tx, name="bench")).token.reveal()
            auth = {"authorization": f"Bearer {key}", "content-type": "application/json"}
            s, b = await Call(
                "POST",
                "/connect_sessions",
                auth,
                json.dumps(
                    {
                        "origin_owner_id": "bench",
                        "origin_owner_name": "Bench",
                        "provider": "iterable",
                    }
                ).encode(),
            ).of(app)
            token = {"x-hub-session-token": json.loads(b)["token"]}
            s, b = await Call("GET", "/hub/connectors", token, b"").of(app)
            (offered,) = json.loads(b)["integrations"]
            s, b = await Call(
                "POST",
                "/hub/accounts",
                token,
                json.dumps(
                    {
                        "integration_id": offered["integration_id"],
                        "credentials": {"api_key": KEY, "region": "us"},
                    }
                ).encode(),
            ).of(app)
            account = json.loads(b)["id"]
            call = Call(
                "POST",
                "/actions/rpc",
                {**auth, "x-account-id": account, "user-agent": "wrk", "host": "localhost"},
                b'{"action": "iterable_list_channels"}',
            )
            for _ in range(20):
                s, b = await call.of(app)
                assert s == 200, b
            tally = Counter()
            import time

            if chosen.time:
                for _ in range(5):
                    t = time.perf_counter()
                    for _ in range(90):
                        await call.of(app)
                    print((time.perf_counter() - t) / 90 * 1e6, "µs")
                    await asyncio.sleep(1.1)

            def prof(frame, event, arg):
                if event == "call":
                    c = frame.f_code
                    if c.co_filename == "<string>":
                        tally[
                            "py",
                            "init",
                            type(next(iter(frame.f_locals.values()))).__qualname__
                            + " "
                            + frame.f_back.f_code.co_qualname,
                        ] += 1
                        return
                    tally[
                        "py",
                        c.co_filename.replace("/work/main/src/", "").rpartition("site-packages/")[
                            2
                        ],
                        c.co_qualname,
                    ] += 1
                elif event == "c_call":
                    f = frame.f_code
                    tally[
                        "c",
                        getattr(arg, "__qualname__", str(arg)),
                        f"{f.co_filename.rpartition('/')[2]}:{f.co_qualname}",
                    ] += 1

            n = 50
            await asyncio.sleep(1)
            for _ in range(n):
                sys.setprofile(prof)
                await call.of(app)
                sys.setprofile(None)
            print({k: sum(v for kk, v in tally.items() if kk[0] == k) / n for k in ("py", "c")})
            if chosen.table:
                for (k, a, q), v in sorted(tally.items(), key=lambda i: (i[0][0], -i[1])):
                    print(f"{v / n:6.2f} {k:3} {a} {q}")


import uvloop

uvloop.run(main())
