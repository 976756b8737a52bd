"""How long the revocation of many accounts takes, against the sandbox of OAuth providers.

`python -m bench.revocation [--accounts 5000] [--database postgresql://…]`. The sandbox is a process
of its own on the same machine. Each account has tokens of its own: they are revoked at the
provider, and a call proves that they are dead. Without `--database` the hub is on SQLite; one that
is named must be empty.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import uvloop

from bench.processes import processor_seconds
from jackfield.accounts import service as accounts
from jackfield.accounts.credentials import NewCredentials
from jackfield.accounts.jobs import installation
from jackfield.accounts.models import Account, AccountStatus, AccountType
from jackfield.app import open_hub
from jackfield.engine.oauth.tokens import Tokens
from jackfield.installation import open_database
from jackfield.kit import log
from jackfield.kit.actor import Actor
from jackfield.kit.ids import AccountId
from jackfield.profiles import service as profiles
from jackfield.profiles.models import ProfileTerms
from jackfield.projects import service as projects
from jackfield.runtime import Hub
from jackfield.sandbox.oauth.clients import NewClient
from jackfield.sandbox.oauth.server import serve
from jackfield.settings import Settings

ACTOR = Actor.command("bench")
CONNECTOR = """
StackOne: 1.0.0
engine: strict
info: {title: Rowan, key: rowan, version: 1.0.0, description: Notes.}
baseUrl: URL
authentication:
  - oauth2:
      type: oauth2
      label: OAuth 2.0
      authorization:
        type: oauth2
        token: $.credentials.accessToken
        authorizationUrl: URL/authorize
        tokenUrl: URL/token
        scopes: notes.read
        clientId: CLIENT
        clientSecret: SECRET
      testActions: [{action: me}]
      revocation: {url: URL/revoke}
actions:
  - {actionId: me, actionType: get, effects: [read], label: Me, description: d, categories: [internal],
     steps: [{stepId: me, stepFunction: {functionName: request, parameters: {url: /api/me, method: get}}}],
     result: {data: $.steps.me.output.data}}
"""


async def provide(number: int) -> None:
    """Serve the sandbox; print where, its client, and the tokens of so many sign-ins."""
    async with serve() as sandbox:
        client = sandbox.authority.clients.add(NewClient())
        pairs = [sandbox.grant(client) for _ in range(number)]
        tokens = [[each.access.value, each.refresh.value] for each in pairs if each.refresh]
        told = {"url": sandbox.url, "client": client.id, "secret": client.secret, "tokens": tokens}
        print(json.dumps(told), flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def link(hub: Hub, pairs: list[list[str]]) -> None:
    project = await projects.ensure_project(hub, ACTOR)
    connector = hub.catalog.find("rowan")
    assert connector is not None
    method = connector.auth_methods[0]
    async with hub.db.write(project.id, ACTOR) as tx:
        profile = await profiles.create(tx, hub, ProfileTerms(connector_key="rowan"))
    for place in range(0, len(pairs), 500):
        async with hub.db.write(project.id, ACTOR) as tx:
            for number, (access, refresh) in enumerate(pairs[place : place + 500], place):
                account = Account(
                    id=AccountId.new(tx.now, place=number % 500),
                    profile_id=profile.id,
                    provider="rowan",
                    auth_method=method.key,
                    environment=profile.environment,
                    origin_owner_id=f"c{number}",
                    origin_owner_name=f"Customer {number}",
                    origin_username=None,
                    label=None,
                    type=AccountType.PRODUCTION,
                    shared=False,
                    metadata={},
                    public_values={},
                    status=AccountStatus.ACTIVE,
                    status_reasons=(),
                    generation=1,
                    created_at=tx.now,
                    updated_at=tx.now,
                )
                values = {"accessToken": access, "refreshToken": refresh}
                tokens = Tokens(values, tx.now + timedelta(hours=1))
                given = NewCredentials(method, {}, tokens)
                await accounts.add(tx, hub.vault, account, given)


async def measure(number: int, database: str | None) -> None:
    log.configure(level="error")
    command = [sys.executable, "-m", "bench.revocation", "--provide", str(number)]
    provider = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**28
    )
    assert provider.stdout is not None
    told = json.loads(await provider.stdout.readline())
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "connectors" / "rowan"
        place.mkdir(parents=True)
        text = CONNECTOR.replace("URL", told["url"])
        text = text.replace("CLIENT", told["client"]).replace("SECRET", told["secret"])
        (place / "rowan.connector.s1.yaml").write_text(text, encoding="utf-8")
        settings = Settings(
            data_dir=Path(folder),
            database_url=database,
            connectors=place.parent,
            allow_private_networks=True,
        )
        async with open_database(settings, creates=True) as db:
            await db.migrate()
        async with open_hub(settings, public_url="http://127.0.0.1") as hub:
            await link(hub, told["tokens"])
            targets = await installation.find_targets(
                hub, account=None, provider=None, project=None
            )
            began, used = time.perf_counter(), time.process_time()
            sandbox = processor_seconds(provider.pid)
            jobs = await installation.start(hub, ACTOR, targets)
            done = await installation.work_off(hub, jobs[0][1].id, lambda _: None)
            seconds, cpu = time.perf_counter() - began, time.process_time() - used
            sandbox = processor_seconds(provider.pid) - sandbox
    failed = sum(job.failed for _, job in done)
    print(
        f"{number} accounts revoked and proved in {seconds:.1f} s, with {cpu:.1f} s of processor "
        f"time in the hub and {sandbox:.1f} s in the sandbox; {failed} not dead; "
        f"load {os.getloadavg()[0]:.1f}"
    )
    assert provider.stdin is not None
    provider.stdin.close()
    await provider.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--accounts", type=int, default=5000)
    parser.add_argument("--database")
    parser.add_argument("--provide", type=int)
    given = parser.parse_args()
    if given.provide:
        uvloop.run(provide(given.provide))
    else:
        uvloop.run(measure(given.accounts, given.database))


if __name__ == "__main__":
    main()
