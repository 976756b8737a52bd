"""How long the first page of accounts takes among many, for every kind of filter.

`python -m bench.accounts [--accounts 100000] [--url postgresql://…]`: in a temporary SQLite file,
or in an empty PostgreSQL database. Prints the median of the query alone, next to a read by key.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jackfield.accounts.models import AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.db.postgres import PostgresDatabase
from jackfield.db.sqlite import SqliteDatabase
from jackfield.kit.actor import Actor
from jackfield.kit.ids import AccountId, ProfileId, ProjectId

START = datetime(2026, 1, 1, tzinfo=UTC)
PROVIDERS = [f"provider_{number}" for number in range(40)]
STATUSES = ["active"] * 96 + ["error"] * 3 + ["suspended"]
COLUMNS = [
    "id",
    "project_id",
    "profile_id",
    "provider",
    "auth_method",
    "environment",
    "origin_owner_id",
    "origin_owner_name",
    "origin_username",
    "label",
    "type",
    "shared",
    "metadata",
    "setup_information",
    "status",
    "status_reasons",
    "generation",
    "created_at",
    "updated_at",
]


async def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=100_000)
    options.add_argument("--url", help="an empty PostgreSQL database")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        db = (
            await PostgresDatabase.open(chosen.url)
            if chosen.url
            else SqliteDatabase(Path(folder) / "bench.db")
        )
        await db.migrate()
        project = ProjectId.new(START)
        last = await fill(db, project, chosen.accounts)
        await measure(db, project, last)
        await db.close()


async def fill(db, project: ProjectId, count: int) -> AccountId:
    dice = random.Random(7)
    profile = ProfileId.new(START)
    async with db.write(project, Actor.command("bench")) as tx:
        await tx.run(
            "insert into projects (id, name, created_at) values (:project_id, 'bench', :now)"
        )
        await tx.run(
            "insert into connector_profiles (id, project_id, connector_key, auth_method, name,"
            " active, is_default, created_at, updated_at) values (:id, :project_id, 'x', 'x', 'x',"
            " :yes, :yes, :now, :now)",
            id=profile,
            yes=True,
        )
    account = AccountId.new(START)
    marks = ", ".join(f":{name}" for name in COLUMNS)
    sql = f"insert into accounts ({', '.join(COLUMNS)}) values ({marks})"
    for start in range(0, count, 10_000):
        rows = []
        for number in range(start, min(start + 10_000, count)):
            at = START + timedelta(seconds=number)
            account = AccountId.new(at)
            owner = f"owner-{dice.randrange(count // 4 + 1)}"
            rows.append(
                {
                    "id": account, "profile_id": profile, "provider": dice.choice(PROVIDERS),
                    "auth_method": "api_key", "environment": "production",
                    "origin_owner_id": owner, "origin_owner_name": owner, "origin_username": None,
                    "label": None, "type": "production", "shared": False, "metadata": "{}",
                    "setup_information": "{}", "status": dice.choice(STATUSES),
                    "status_reasons": "[]", "generation": 1, "created_at": at, "updated_at": at,
                }
            )  # fmt: skip
        async with db.write(project, Actor.command("bench")) as tx:
            await tx.executemany(sql, rows)
    await db.unscoped("analyze")
    return account


async def measure(db, project: ProjectId, last: AccountId) -> None:
    filters = {
        "none": AccountFilter(),
        "one provider": AccountFilter(providers=("provider_7",)),
        "three providers": AccountFilter(providers=("provider_7", "provider_8", "provider_9")),
        "unknown provider": AccountFilter(providers=("nothing",)),
        "one owner": AccountFilter(origin_owner_ids=("owner-77",)),
        "rare status": AccountFilter(statuses=("suspended",)),
        "two statuses": AccountFilter(statuses=("suspended", "error")),
        "status nobody has": AccountFilter(statuses=("expired",)),
        "provider and rare status": AccountFilter(
            providers=("provider_7",), statuses=("suspended",)
        ),
        "ids": AccountFilter(ids=(last,)),
        "everything at once": AccountFilter(
            ids=(last,),
            providers=("provider_7",),
            origin_owner_ids=("owner-7",),
            statuses=("error",),
        ),
    }
    async with db.read(project) as tx:
        repo = Accounts(tx)
        base = await median(lambda: repo.get(last))
        print(f"{'read by key':28}{base:9.3f} ms")
        for name, only in filters.items():
            took = await median(lambda only=only: repo.page(AccountPage(1, 25, only)))
            print(f"{name:28}{took:9.3f} ms{took / base:9.1f} times a read by key")


async def median(work) -> float:
    times = []
    for _ in range(15):
        started = time.perf_counter()
        await work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    asyncio.run(main())
