"""How many tokens a second one process renews, and what a token that is good costs a call.

`python -m bench.refresh [--accounts 500] [--url postgresql://…]`: in a temporary SQLite file, or in
an empty PostgreSQL database, against a token endpoint on loopback.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jackfield.accounts.access import AccountAccess, load_usable
from jackfield.accounts.renewal.service import with_fresh_tokens
from jackfield.accounts.repo import Accounts
from jackfield.accounts.tokens.store import put_tokens
from jackfield.app import open_hub
from jackfield.engine.oauth.tokens import ACCESS_TOKEN, REFRESH_TOKEN, Tokens
from jackfield.kit import log
from jackfield.kit.actor import Actor
from jackfield.kit.ids import AccountId, ProjectId
from jackfield.projects import service as projects
from jackfield.runtime import Hub
from jackfield.settings import Settings
from jackfield.worker.token_renewal import renew_due
from tests.support.running import write_connectors
from tests.support.scripted import reply, scripted
from tests.support.token_provider import account_of, document, profile_of

ACTOR = Actor.command("bench")
GIVEN = '{"access_token": "another-token", "refresh_token": "another-one", "expires_in": 3600}'
LOOKS = 20_000


async def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=500)
    options.add_argument("--url", help="an empty PostgreSQL database")
    chosen = options.parse_args()
    log.configure(level="error")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "data").mkdir()
        server = await stack.enter_async_context(scripted(reply(GIVEN)))
        settings = Settings(
            data_dir=folder / "data",
            database_url=chosen.url,
            connectors=write_connectors(folder / "connectors", {"oat": document(server.url)}),
            allow_private_networks=True,
        )
        hub = await stack.enter_async_context(open_hub(settings, public_url="http://localhost"))
        project = await projects.ensure_project(hub, ACTOR)
        accounts = await fill(hub, project.id, chosen.accounts)
        await renew(hub, chosen.accounts)
        await look(hub, project.id, accounts[0])


async def fill(hub: Hub, project_id: ProjectId, count: int) -> list[AccountId]:
    """Link accounts whose tokens have just expired."""
    profile = await profile_of(hub, project_id)
    values = {ACCESS_TOKEN: "a-token", REFRESH_TOKEN: "a-refresh-token"}
    tokens = Tokens(values, datetime.now(UTC) - timedelta(seconds=1))
    async with hub.db.write(project_id, ACTOR) as tx:
        accounts = [account_of(tx.now, profile) for _ in range(count)]
        for account in accounts:
            await Accounts(tx).add(account)
            await put_tokens(tx, hub.vault, account, tokens)
    return [account.id for account in accounts]


async def renew(hub: Hub, count: int) -> None:
    begun = time.perf_counter()
    left = count
    while left:
        await renew_due(hub)
        rows = await hub.db.unscoped(
            "select count(*) as total from account_tokens where due_at <= :now"
        )
        left = rows[0]["total"]
    seconds = time.perf_counter() - begun
    print(f"{count} tokens renewed in {seconds:.1f} s: {count / seconds:.0f} a second")


async def look(hub: Hub, project_id: ProjectId, account_id: AccountId) -> None:
    """Measure what each call does about tokens, with good ones and without any."""
    access = await load_usable(hub, project_id, account_id)
    for name, each in (("good token", access), ("no token", replace(access, tokens=None))):
        best = statistics.median([await timed(hub, each) for _ in range(5)])
        print(f"{name}: {best * 1e6:.2f} µs a call")


async def timed(hub: Hub, access: AccountAccess) -> float:
    begun = time.perf_counter()
    for _ in range(LOOKS):
        await with_fresh_tokens(hub, access)
    return (time.perf_counter() - begun) / LOOKS


if __name__ == "__main__":
    asyncio.run(main())
