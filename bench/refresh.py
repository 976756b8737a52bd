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
from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class Figures:
    """What one process renews, and what looking at a token costs a call, without any and with a good one."""

    per_second: float
    none_us: float
    good_us: float


async def measure(count: int, url: str | None = None) -> Figures:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "data").mkdir()
        server = await stack.enter_async_context(scripted(reply(GIVEN)))
        settings = Settings(
            data_dir=folder / "data",
            database_url=url,
            connectors=write_connectors(folder / "connectors", {"oat": document(server.url)}),
            allow_private_networks=True,
        )
        hub = await stack.enter_async_context(open_hub(settings, public_url="http://localhost"))
        project = await projects.ensure_project(hub, ACTOR)
        accounts = await fill(hub, project.id, count)
        per_second = count / await renew(hub)
        access = await load_usable(hub, project.id, accounts[0])
        none_us = await look(hub, replace(access, tokens=None))
        return Figures(per_second, none_us, await look(hub, access))


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


async def renew(hub: Hub) -> float:
    """Return the seconds until no token is due any more."""
    begun = time.perf_counter()
    left = 1
    while left:
        await renew_due(hub)
        rows = await hub.db.unscoped(
            "select count(*) as total from account_tokens where due_at <= :now"
        )
        left = rows[0]["total"]
    return time.perf_counter() - begun


async def look(hub: Hub, access: AccountAccess) -> float:
    """Return the microseconds that a call spends on its account's tokens."""
    return statistics.median([await timed(hub, access) for _ in range(5)]) * 1e6


async def timed(hub: Hub, access: AccountAccess) -> float:
    begun = time.perf_counter()
    for _ in range(LOOKS):
        await with_fresh_tokens(hub, access)
    return (time.perf_counter() - begun) / LOOKS


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=500)
    options.add_argument("--url", help="an empty PostgreSQL database")
    chosen = options.parse_args()
    log.configure(level="error")
    found = asyncio.run(measure(chosen.accounts, chosen.url))
    print(f"{found.per_second:.0f} tokens a second renewed")
    print(f"good token: {found.good_us:.2f} µs a call; no token: {found.none_us:.2f} µs")


if __name__ == "__main__":
    main()
