"""Pages of many accounts, for every kind of filter."""

import itertools
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bench import accounts as bench
from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.db.sqlite import SqliteDatabase, bind
from jackfield.db.statement import with_json_lists
from jackfield.db.tx import Database, Row
from jackfield.kit.ids import ProjectId
from tests.support.actor import TESTER
from tests.support.clock import NOW

pytestmark = pytest.mark.anyio

PROJECT = ProjectId.new(NOW)
# One, several, several times the same one, none that there are, and more than are looked up apart.
PROVIDERS = (
    (),
    ("provider_7",),
    ("provider_8", "provider_7", "provider_8"),
    ("nothing",),
    tuple(f"provider_{number}" for number in range(60)),
)
OWNERS = ((), ("owner-3",), ("owner-5", "owner-9", "owner-5"), ("nobody",))
STATUSES = ((), ("active",), ("suspended", "error"), ("expired",))


async def filled(db: Database, count: int) -> list[Account]:
    """Insert accounts, and return them with the newest first."""
    async with db.write(PROJECT, TESTER) as tx:
        await tx.run(
            "insert into projects (id, name, created_at) values (:project_id, 'ours', :now)"
        )
    await bench.fill(db, PROJECT, count)
    async with db.read(PROJECT) as tx:
        rows = await tx.all("select id from accounts where project_id = :project_id")
        ids = sorted([row["id"] for row in rows], reverse=True)
        return [await Accounts(tx).get(each) for each in ids]


@pytest.mark.slow
async def test_every_filter_finds_what_matches_it_once_and_newest_first(db: Database) -> None:
    accounts = await filled(db, 300)
    some = tuple(each.id for each in accounts[::7])

    async with db.read(PROJECT) as tx:
        for ids, providers, owners, statuses in itertools.product(
            ((), some), PROVIDERS, OWNERS, STATUSES
        ):
            only = AccountFilter(ids, providers, owners, statuses)
            expected = [
                each
                for each in accounts
                if (not ids or each.id in ids)
                and (not providers or each.provider in providers)
                and (not owners or each.origin_owner_id in owners)
                and (not statuses or each.status in statuses)
            ]
            for number in (1, 2, 3):
                page = await Accounts(tx).page(AccountPage(number, 4, only))
                assert page == expected[4 * (number - 1) : 4 * number], only


class _Counting:
    """A connection to a SQLite file that counts the steps its virtual machine makes."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.set_progress_handler(self._count, 100)
        self.steps = 0

    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        bound = {name: bind(value) for name, value in values.items()}
        self._connection.execute(with_json_lists(sql), bound).fetchall()
        return []

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        return await self.query(sql, values)

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        raise NotImplementedError

    def _count(self) -> None:
        self.steps += 100


async def test_a_page_of_few_among_many_accounts_does_not_go_through_all(tmp_path: Path) -> None:
    file = tmp_path / "test.db"
    db = SqliteDatabase(file)
    await db.migrate()
    await filled(db, 3000)

    for providers, owners, statuses in itertools.product(PROVIDERS[:4], OWNERS, STATUSES):
        counting = _Counting(file)
        async with db.read(PROJECT) as tx:
            tx.wrap(lambda _connection, counting=counting: counting)
            await Accounts(tx).page(
                AccountPage(1, 5, AccountFilter((), providers, owners, statuses))
            )
        assert counting.steps < 3000, (providers, owners, statuses)

    await db.close()
