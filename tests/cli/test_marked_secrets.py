"""A day of a hub's life, with secrets that can be recognized wherever they come to stand."""

import asyncio
import json
import os
import re
import signal
import socket
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pyotp
import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.attacks.attack import carry_out
from tests.attacks.catalog import ATTACKS
from tests.attacks.target import HONEST, Target, open_target
from tests.cli.conftest import Command
from tests.support.marked_secrets import (
    MarkedSecrets,
    Recording,
    betrayed_files,
    betrayed_processes,
)
from tests.support.running import PATIENCE, TRUSTING_NOBODY
from tests.support.scripted import Seen, reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KEY = 'mk-9f3Qx/7+z=Tt&<"-echoed-credential'
PASSWORD = "marked ravens count the amber tides"
PASSPHRASE = "marked passphrase of every backup"
MIRROR = """\
StackOne: 1.0.0
engine: strict
info: {{title: Mirror, key: mirror, version: 1.0.0, description: Says back what it was asked.}}
baseUrl: {url}
authentication:
  - token:
      type: custom
      label: Token
      authorization: {{type: bearer, token: $.credentials.token}}
      configFields:
        - {{key: token, label: Token, type: password, required: true, secret: true}}
      testActions: [{{action: look}}]
actions:
  - actionId: look
    label: Look
    description: Look into the mirror.
    categories: [documents]
    actionType: get
    effects: [read]
    inputs: [{{name: status, type: string, description: How it answers., in: query}}]
    steps:
      - stepId: look
        stepFunction:
          functionName: request
          parameters:
            url: /look
            method: get
            args: [{{name: status, value: $.inputs.status, in: query, condition: "{{{{present(inputs.status)}}}}"}}]
    result: {{data: $.steps.look.output.data}}
"""


@dataclass
class Log:
    """What the hub's process says, and where it listens."""

    content: bytearray = field(default_factory=bytearray)
    url: asyncio.Future[str] = field(default_factory=asyncio.Future[str])

    async def read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.content += line
            found = re.search(rb"listens on (http\S+)", line)
            if found and not self.url.done():
                self.url.set_result(found[1].decode())


@dataclass
class Day:
    """The hub's process, its files, and what went to it."""

    url: str
    pid: int
    log: Log
    metrics: str
    oidc: OAuthSandbox
    secrets: MarkedSecrets
    recording: Recording

    def browser(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            base_url=self.url,
            headers={"origin": self.url},
            transport=self.recording,
            verify=TRUSTING_NOBODY,
        )


async def say_back(writer: Any, seen: Seen) -> None:
    """Answer with all that was sent, with the status that the path asks for."""
    found = re.search(r"status=(\d+)", seen.line)
    said = {"line": seen.line, "headers": seen.headers, "body": seen.body.decode("latin-1")}
    status = int(found[1]) if found else 200
    headers = {"x-echo": seen.headers.get("authorization", "").encode().hex()}
    await reply(json.dumps(said), status=status, headers=headers)(writer, seen)


@asynccontextmanager
async def a_day(folder: Path, jackfield: Command) -> AsyncGenerator[tuple[Day, Target, str]]:
    """Start a hub with everything switched on, and providers beside it."""
    metrics = free_port()
    async with serve() as oidc, httpx2.AsyncHTTPTransport(verify=TRUSTING_NOBODY) as inner:
        client = oidc.add_client(secret="mk-oidc-client-secret+/=Ü")
        secret_file = folder.parent / "oidc.secret"
        secret_file.write_text(client.secret, encoding="utf-8")
        settings = {
            "JACKFIELD_DATA_DIR": str(folder),
            "JACKFIELD_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
            "JACKFIELD_METRICS": f"127.0.0.1:{metrics}",
            "JACKFIELD_LOG_LEVEL": "debug",
            "JACKFIELD_OIDC_ISSUER": oidc.url,
            "JACKFIELD_OIDC_CLIENT_ID": client.id,
            "JACKFIELD_OIDC_CLIENT_SECRET_FILE": str(secret_file),
            "JACKFIELD_OIDC_ROLE_MAP": "acme=admin@attacked",
        }
        made = [
            (await jackfield("keys", "create", "--name", "m", "--project", each, "--json")).json
            for each in ("attacked", "stranger")
        ]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jackfield", "serve", "--port", "0"),
            stdout=DEVNULL,
            stderr=PIPE,
            limit=1 << 24,
            env={"PATH": os.defpath, **settings},
        )
        assert process.stderr is not None
        log = Log()
        reading = asyncio.create_task(log.read(process.stderr))
        try:
            async with asyncio.timeout(PATIENCE):
                url = await log.url
            secrets = MarkedSecrets()
            secrets.credentials |= {"OIDC client secret": client.secret}
            secrets.tokens |= {"API key": made[0]["key"], "other API key": made[1]["key"]}
            day = Day(url, process.pid, log, f"http://127.0.0.1:{metrics}", oidc, secrets,
                      Recording(inner))  # fmt: skip
            async with open_target(
                url, made[0]["key"], made[1]["key"], transport=day.recording
            ) as target:
                yield day, target, made[0]["key"]
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await reading


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


async def link_and_run(day: Day, target: Target) -> None:
    """Link accounts of each kind, as attackers do too, and run what says back what it was sent."""
    await target.change(advanced_logs=True)
    async with scripted(say_back) as server:
        files = [{"name": "mirror.connector.s1.yaml", "text": MIRROR.format(url=server.url)}]
        path = "/jackfield/connectors/mirror/versions"
        kept = await target.ask("PUT", path, json={"files": files})
        assert kept["publishable"], kept["findings"]
        await target.ask("POST", f"{path}/{kept['version']['id']}/publish", json={})
        session = await target.session("mirrored", provider="mirror")
        offered = await target.offered(session["token"])
        headers = {"x-hub-session-token": session["token"]}
        body = {"integration_id": offered, "credentials": {"token": KEY}}
        refused = {**body, "credentials": {"token": KEY, "region": KEY}}
        await target.client.post("/hub/accounts", headers=headers, json=refused)
        linked = await target.client.post("/hub/accounts", headers=headers, json=body)
        assert linked.status_code == 201, linked.text
        account = {"x-account-id": linked.json()["id"]}
        for status in ("200", "400", "401", "500"):
            run = {"action": "mirror_look", "query": {"status": status}, "debug": {"debug": True}}
            await target.api.post("/actions/rpc", headers=account, json=run)
            proxied = {"path": f"/look?status={status}", "headers": {"x-a": "b"}}
            await target.api.post("/unified/proxy", headers=account, json=proxied)
        webhook = await target.ask(
            "POST",
            "/jackfield/webhooks",
            json={"url": f"{server.url}/hook", "events": ["account.created"]},
        )
        for each in ATTACKS.values():
            if not each.needs_browser:
                await carry_out(each, target)
        own = await target.sign_in("marked")
        portal = {"origin_owner_id": "marked", "origin_owner_name": "Marked"}
        made = await target.ask("POST", "/jackfield/portal_sessions", json=portal)
        person = target.person()
        opened = await person.post(
            "/portal/open", data={"token": made["token"]}, headers={"origin": target.url}
        )
        await person.get(opened.headers["location"])
        await target.ask("POST", "/actions/rpc", headers={"x-account-id": own},
                         json={"action": f"{HONEST}_me"})  # fmt: skip
    (exchange,) = [parse_qs(each) for each in target.exchanges()[-1:]]
    asked = target.honest.requests(target.clients[HONEST], "api")[-1]
    day.secrets.credentials |= {
        "key that is echoed": KEY,
        "client secret": target.clients[HONEST].secret,
        "code": exchange["code"][0],
        "verifier": exchange["code_verifier"][0],
        "access token": asked.headers["authorization"].removeprefix("Bearer "),
        "shown once: webhook secret": webhook["secret"],
    }
    day.secrets.tokens |= {
        "connect token": session["token"],
        "portal token": made["token"],
        "portal key": re.findall("=([^;]+);", opened.headers["set-cookie"])[0],
    }


async def sign_people_in(day: Day, jackfield: Command) -> None:
    """Invite a member, who sets a second factor up; let another sign in at their organization."""
    on = {"PUBLIC_URL": day.url}
    invited = await jackfield(
        *("members", "invite", "olga@example.com", "--role", "owner", "--project", "attacked"), **on
    )
    token = invited.out.strip().partition("token=")[2]
    async with day.browser() as browser:
        await browser.get("/dashboard/invite", params={"token": token})
        joined = await browser.post(
            "/dashboard/invite", data={"token": token, "name": "Olga", "password": PASSWORD}
        )
        assert joined.status_code == 303, joined.text
        page = (await browser.get("/dashboard/me")).text
        form = {"_project": re.findall('name="_project" value="([^"]+)"', page)[0]}
        form["current"] = PASSWORD
        started = await browser.post("/dashboard/me/factor/start", data=form)
        assert started.status_code == 200, (started.status_code, started.text)
        totp = re.findall(r'<code id="secret">(\w+)</code>', started.text)[0]
        sealed = re.findall(r'name="sealed" value="([^"]+)"', started.text)[0]
        code = pyotp.totp.TOTP(totp).now()
        shown = await browser.post(
            "/dashboard/me/factor/confirm", data={**form, "sealed": sealed, "code": code}
        )
        recovery = re.findall(r"<li>([0-9a-f-]{23})</li>", shown.text)
        for page in ("accounts", "members", "me", "keys", "webhooks", "logs", "audit", "settings"):
            await browser.get(f"/dashboard/{page}")
        session = next(value for name, value in browser.cookies.items() if "session" in name)
    async with day.browser() as browser:
        data = {"email": "olga@example.com", "password": "another wrong password 1"}
        await browser.post("/dashboard/sign-in/password", data=data)
        begun = await browser.get("/dashboard/sign-in/sso")
        back = day.oidc.approve(begun.headers["location"], person="ada")
        await browser.get(back.removeprefix(day.url))
        await browser.get("/dashboard")
    day.secrets.credentials |= {
        "password": PASSWORD,
        "shown once: TOTP secret": totp,
        "shown once: recovery code": recovery[0],
    }
    day.secrets.tokens |= {"invite": token, "session": session}


async def test_a_day_leaves_no_secret_where_it_does_not_belong(
    tmp_path: Path, data_dir: Path, jackfield: Command
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE, encoding="utf-8")
    async with a_day(data_dir, jackfield) as (day, target, _):
        secrets = day.secrets
        await link_and_run(day, target)
        await sign_people_in(day, jackfield)
        secrets.credentials["passphrase"] = PASSPHRASE
        async with day.browser() as browser:
            metrics = (await browser.get(f"{day.metrics}/metrics")).content
        assert b"jackfield" in metrics
        for path in ("/requests/logs", "/jackfield/logs/export?format=ndjson", "/accounts",
                     "/jackfield/audit/export?format=ndjson", "/jackfield/connect_sessions",
                     "/connector_profiles", "/jackfield/webhooks"):  # fmt: skip
            answer = await target.api.get(path)
            assert answer.status_code == 200, (path, answer.text)
        processes = {day.pid, *children(day.pid)}
        seen = [*betrayed_processes(processes, secrets)]
        said = [
            await jackfield(
                "backup", str(tmp_path / "a.backup"), "--passphrase-file", str(passphrase)
            ),
            await jackfield("audit", "export"),
            await jackfield("doctor", "--offline"),
        ]
        assert said[0].status == 0, said[0].err
        break_an_account(data_dir)
        broken = await target.api.get("/accounts")
        files = [*betrayed_files(data_dir, secrets, but=frozenset())]
        os.kill(day.pid, signal.SIGKILL)
        left = [*betrayed_files(data_dir, secrets, but=frozenset())]
        answers = [*day.recording.betrayed(secrets)]
        assert broken.status_code == 500
    restored = tmp_path / "restored"
    restored.mkdir()
    (restored / "keyring.json").write_bytes((data_dir / "keyring.json").read_bytes())
    (restored / "keyring.json").chmod(0o600)
    put_back = await jackfield(
        *("restore", str(tmp_path / "a.backup"), "--passphrase-file", str(passphrase)),
        DATA_DIR=str(restored),
    )
    assert put_back.status == 0, put_back.err
    copied = [*betrayed_files(restored, secrets, but=frozenset())]
    told = [each for every in said for each in secrets.traces((every.out + every.err).encode())]

    assert len(day.recording.seen) > 400
    # Whatever is looked for is found where it is: in what went to the hub.
    sent = b"".join(request.content for request, _ in day.recording.seen)
    assert {"key that is echoed", "password"} <= {
        each.partition(" as ")[0] for each in secrets.traces(sent)
    }
    assert "traceback" in day.log.content.decode().lower()
    assert seen == []
    assert files == left == copied == []
    assert told == secrets.traces(metrics) == secrets.traces(bytes(day.log.content)) == []
    assert answers == []


def children(pid: int) -> set[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return set(map(int, found))


def break_an_account(data_dir: Path) -> None:
    """Let the hub meet a row that it cannot read, so that it fails as by a bug of its own."""
    with sqlite3.connect(data_dir / "jackfield.db") as database:
        database.execute("update accounts set metadata = '{' where provider = 'mirror'")
