"""How long the first page of accounts takes among many, for every kind of filter.

`python -m bench.accounts [--rows 100000] [--url postgresql://…]`: in a temporary SQLite file,
or in an empty PostgreSQL database. Prints the median of the query alone, next to a read by key.
"""

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from bench import empty_database
from jackfield.accounts.models import AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.db.tx import Database
from jackfield.kit.actor import Actor
from jackfield.kit.ids import AccountId, ProfileId, ProjectId

BY_KEY = "read by key"
ACTOR = Actor.command("bench")
START = datetime(2026, 1, 1, tzinfo=UTC)
PROVIDERS = [f"provider_{number}" for number in range(40)]
STATUSES = ["active"] * 96 + ["error"] * 3 + ["suspended"]
_INSERT = """
    insert into accounts
           (id, project_id, profile_id, provider, auth_method, environment, origin_owner_id,
            origin_owner_name, origin_username, label, type, shared, metadata, setup_information,
            status, status_reasons, generation, created_at, updated_at)
    values (:id, :project_id, :profile_id, :provider, :auth_method, :environment, :origin_owner_id,
            :origin_owner_name, :origin_username, :label, :type, :shared, :metadata,
            :setup_information, :status, :status_reasons, :generation, :created_at, :updated_at)
"""


async def fill(db: Database, project: ProjectId, count: int) -> AccountId:
    """Insert accounts of many customers and providers; return the last one's id."""
    dice = random.Random(7)
    profile = ProfileId.new(START)
    async with db.write(project, ACTOR) as tx:
        await tx.run(
            "insert into connector_profiles (id, project_id, connector_key, auth_method, name,"
            " active, is_default, created_at, updated_at) values (:id, :project_id, 'x', 'x', 'x',"
            " :yes, :yes, :now, :now)",
            id=profile,
            yes=True,
        )
    account = AccountId.new(START)
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
        async with db.write(project, ACTOR) as tx:
            await tx.executemany(_INSERT, rows)
    await db.unscoped("analyze")
    return account


async def measure(db: Database, project: ProjectId, last: AccountId) -> dict[str, float]:
    """Return the milliseconds of a first page by its filter, and those of a read by key first."""
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
        "provider, status nobody has": AccountFilter(
            providers=("provider_7",), statuses=("expired",)
        ),
        "providers and statuses": AccountFilter(
            providers=("provider_7", "provider_8", "nothing"),
            statuses=("suspended", "error", "expired"),
        ),
        "two unknown providers": AccountFilter(providers=("nothing", "nowhere")),
        "two owners": AccountFilter(origin_owner_ids=("owner-77", "owner-78")),
        "unknown owner": AccountFilter(origin_owner_ids=("nobody",)),
        "owner, provider and status": AccountFilter(
            origin_owner_ids=("owner-77",), providers=("provider_7",), statuses=("active",)
        ),
        "unknown ids": AccountFilter(ids=("acc_none", "acc_nothing")),
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
        found = {BY_KEY: await median(lambda: repo.get(last))}
        for name, only in filters.items():
            found[name] = await median(lambda only=only: repo.page(AccountPage(1, 25, only)))
        found["page 10"] = await median(lambda: repo.page(AccountPage(10, 25)))
    return found


async def median(work: Callable[[], Awaitable[object]]) -> float:
    times: list[float] = []
    for _ in range(15):
        started = time.perf_counter()
        await work()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    empty_database.main(fill, measure, __doc__)
