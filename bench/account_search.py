"""How long a page of a search for accounts takes among many, for every filter and order.

`python -m bench.account_search [--rows 100000] [--url postgresql://…]`: in a temporary SQLite file,
or in an empty PostgreSQL database. Prints the median of each, next to a read by key.
"""

import random
from datetime import datetime, timedelta

from bench import accounts, empty_database
from bench.accounts import BY_KEY, START, median
from jackfield.accounts.repo import Accounts
from jackfield.accounts.search.models import AccountSearch, AccountSort
from jackfield.accounts.search.repo import FindableAccounts
from jackfield.accounts.words.repo import AccountWords
from jackfield.db.tx import Database
from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit.clock import system_clock
from jackfield.kit.ids import AccountId, ProjectId, RunId
from jackfield.logs.runs.models import Run
from jackfield.logs.runs.repo import append_run

_AT_ONCE = 10_000
_FAILED_RUNS = 100_000
# Of thirty in a hundred accounts each, and never of the same.
_FORMS = ("gmbh", "gmbh", "gmbh", "inc", "inc", "inc", "ltd", "llc", "sa", "bv")
SEARCHES = {
    "nothing": AccountSearch(),
    "a customer's number": AccountSearch(text="number77"),
    "a word of one in a thousand": AccountSearch(text="city77"),
    "a word of three in ten": AccountSearch(text="gmbh"),
    "the beginning of all words": AccountSearch(text="city"),
    "a rare and a common word": AccountSearch(text="city77 gmbh"),
    "two common words of no account": AccountSearch(text="gmbh inc"),
    "an unknown word": AccountSearch(text="xyzzy"),
    "a common word, by customer": AccountSearch(text="gmbh", sort=AccountSort.CUSTOMER),
    "a rare word, by use": AccountSearch(text="city77", sort=AccountSort.USED),
    "by customer": AccountSearch(sort=AccountSort.CUSTOMER),
    "by customer, reversed": AccountSearch(sort=AccountSort.CUSTOMER, is_reversed=True),
    "by use": AccountSearch(sort=AccountSort.USED),
    "by use, reversed": AccountSearch(sort=AccountSort.USED, is_reversed=True),
    "by failures": AccountSearch(sort=AccountSort.FAILURES),
    "failing": AccountSearch(is_failing=True),
    "failing, with a word": AccountSearch(is_failing=True, text="city77"),
    "failing, of one provider": AccountSearch(is_failing=True, providers=("provider_7",)),
    "status": AccountSearch(statuses=("suspended",)),
    "status, by customer": AccountSearch(statuses=("error",), sort=AccountSort.CUSTOMER),
    "three providers, by customer": AccountSearch(
        providers=("provider_7", "provider_8", "provider_9"), sort=AccountSort.CUSTOMER
    ),
    "all but few: active, production": AccountSearch(statuses=("active",), types=("production",)),
    "type of none": AccountSearch(types=("test",)),
    "reason of none": AccountSearch(reasons=("key_revoked",)),
    "environment": AccountSearch(environments=("production",)),
    "one customer": AccountSearch(origin_owner_ids=("owner-77",)),
    "linked in an hour": AccountSearch(
        created_since=START + timedelta(hours=3), created_until=START + timedelta(hours=4)
    ),
    "linked before, with a common word": AccountSearch(
        created_until=START + timedelta(hours=20), text="gmbh"
    ),
    "unused for 30 days": AccountSearch(unused_days=30),
    "unused, of one provider": AccountSearch(unused_days=30, providers=("provider_7",)),
    "unused, by customer": AccountSearch(unused_days=30, sort=AccountSort.CUSTOMER),
    "everything at once": AccountSearch(
        text="city77 gmbh",
        statuses=("active",),
        providers=("provider_7",),
        types=("production",),
        environments=("production",),
        unused_days=30,
        is_failing=True,
        sort=AccountSort.CUSTOMER,
    ),
}


async def fill(db: Database, project: ProjectId, count: int) -> AccountId:
    """Insert accounts, their words and uses, and runs of a day that failed; return the last id."""
    last = await accounts.fill(db, project, count)
    async with db.read(project) as tx:
        rows = await tx.all("select id from accounts where project_id = :project_id order by id")
    ids = [row["id"] for row in rows]
    now = system_clock()
    dice = random.Random(11)
    for start in range(0, count, _AT_ONCE):
        some = range(start, min(start + _AT_ONCE, count))
        async with db.write(project, accounts.ACTOR) as tx:
            await AccountWords(tx).add(
                [
                    (ids[number], word.encode())
                    for number in some
                    for word in (
                        ids[number][4:].lower(),
                        f"number{number}",
                        f"city{number % 1000}",
                        _FORMS[number % 10],
                    )
                ]
            )
            await tx.executemany(
                "insert into account_uses (account_id, project_id, last_run_id)"
                " values (:account_id, :project_id, :last_run_id)",
                [
                    {
                        "account_id": ids[number],
                        "last_run_id": RunId.new(now - timedelta(minutes=dice.randrange(90_000))),
                    }
                    for number in some
                ],
            )
            await tx.run(
                "update accounts set words_at = updated_at"
                " where project_id = :project_id and id in (:ids)",
                ids=[ids[number] for number in some],
            )
    buffer = WriteBuffer(db)
    for number in range(_FAILED_RUNS):
        at = now - timedelta(seconds=number * 80_000 / _FAILED_RUNS)
        append_run(buffer, project, _failed(ids[dice.randrange(min(count, 20_000))], at))
        if number % _AT_ONCE == 0:
            await buffer.flush()
    await buffer.close()
    await db.unscoped("analyze")
    return last


def _failed(account_id: str, at: datetime) -> Run:
    return Run(
        id=RunId.new(at),
        account_id=account_id,
        provider="provider_7",
        action_id="provider_7_list",
        source="rest",
        success=False,
        status_code=502,
        error_code="provider_error",
        message=None,
        started_at=at,
        duration_ms=1,
    )


async def measure(db: Database, project: ProjectId, last: AccountId) -> dict[str, float]:
    """Return the milliseconds of a read by key, and of a page by its search."""
    async with db.read(project) as tx:
        repo, found = FindableAccounts(tx), dict[str, float]()
        found[BY_KEY] = await median(lambda: Accounts(tx).get(last))
        for name, search in SEARCHES.items():
            found[name] = await median(lambda search=search: repo.page(search, number=1, size=25))
        found["page 40 of a common word"] = await median(
            lambda: repo.page(AccountSearch(text="gmbh"), number=40, size=25)
        )
    return found


if __name__ == "__main__":
    empty_database.main(fill, measure, __doc__)
