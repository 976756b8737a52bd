"""
Repository of the accounts that a search finds.

However many accounts there are, a search looks at a bounded number of rows. If one criterion is met
by few accounts, these are compared with the rest. Otherwise all are common, and the list is walked
in its order until a page is full. SQLite begins a cross join with what stands first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, LiteralString

from jackfield.accounts.models import Account, AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.accounts.search.criteria.repo import Criterion, criteria_of
from jackfield.accounts.search.models import AccountSearch, AccountSort, FoundAccounts
from jackfield.db.tx import Row, Tx
from jackfield.kit.alphabet import alphabetical

# Accounts that are few: so many are compared and sorted for a page.
FEW: Final = 10_000
# Accounts that are counted beside a list of all.
MOST_COUNTED: Final = 100_000
# Accounts that are walked to fill a page: first a few.
MOST_WALKED: Final = 50_000
WALKS: Final = (1_000, 10_000, MOST_WALKED)


@dataclass(frozen=True, slots=True)
class _Order:
    """An order of accounts: `walk` is a select of ids that an index has in it, `by` says the same."""

    walk: LiteralString
    by: LiteralString
    join: LiteralString = ""


class FindableAccounts:
    """The accounts of the transaction's project, as a search finds them."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def page(self, search: AccountSearch, *, number: int, size: int) -> FoundAccounts:
        """Return one page; `number` counts from 1."""
        criteria = criteria_of(search, self._tx.now)
        counts = [await self._count(each) for each in criteria]
        if 0 in counts:
            return FoundAccounts((), 0, is_counted=True, has_more=False)
        fewest = min(counts, default=FEW + 1)
        if fewest <= FEW:
            few = criteria.pop(counts.index(fewest))
            return await self._of_few(search, few, criteria, number=number, size=size)
        if (only := _as_filter(search)) is not None:
            return await self._plain(only, criteria, number=number, size=size)
        if not criteria:
            return await self._sorted(search, number=number, size=size)
        return await self._walk(search, criteria, number=number, size=size)

    async def select(
        self, search: AccountSearch, *, most: int
    ) -> tuple[LiteralString, dict[str, object]]:
        """Return a select of the ids of all that a search finds, of up to `most`, and its values."""
        criteria = criteria_of(search, self._tx.now)
        counts = [await self._count(each) for each in criteria]
        values: dict[str, object] = {"most": most}
        for each in criteria:
            values |= each.values
        few: LiteralString = ""
        if counts and min(counts) <= FEW:
            chosen = criteria.pop(counts.index(min(counts)))
            values |= {} if chosen.is_few else {"few": FEW}
            few = f" and id in (select id from ({_all_of(chosen)}) as few)"  # noqa: S608 - literals
        statement: LiteralString = f"""
            select id
              from accounts
             where project_id = :project_id {few} {_conditions(criteria)}
             order by id
             limit :most
        """  # noqa: S608 - literals
        return statement, values

    async def ids(self, search: AccountSearch, *, most: int) -> list[str]:
        """Return the ids of all that a search finds, of up to `most`, oldest first."""
        statement, values = await self.select(search, most=most)
        return [row["id"] for row in await self._tx.all(statement, **values)]

    async def existing(self, account_ids: Sequence[str]) -> list[str]:
        """Return those of some ids, which are unchecked input, that accounts have."""
        rows = await self._tx.all(
            """
            select id
              from accounts
             where project_id = :project_id and id in (:ids)
             order by id
            """,
            ids=tuple(account_ids),
        )
        return [row["id"] for row in rows]

    async def reasons(self) -> list[str]:
        """Return the codes of why accounts are not active, of as many as are looked at."""
        rows = await self._tx.all(
            """
            select distinct reason
              from (select reason
                      from accounts
                     where project_id = :project_id and reason <> ''
                     limit :most) as known
            """,
            most=FEW,
        )
        return sorted((row["reason"] for row in rows), key=alphabetical)

    async def environments(self) -> list[str]:
        """Return the environments that profiles of connectors are of."""
        rows = await self._tx.all(
            """
            select distinct environment
              from connector_profiles
             where project_id = :project_id
            """
        )
        return sorted((row["environment"] for row in rows), key=alphabetical)

    async def has_unprepared(self) -> bool:
        """Return whether some accounts are not found by their words yet, after an upgrade."""
        row = await self._tx.one(
            """
            select 1 as one
              from accounts
             where project_id = :project_id and (words_at is null or words_at < updated_at)
             order by id
             limit 1
            """
        )
        return row is not None

    async def _count(self, criterion: Criterion) -> int:
        """Return how many meet a criterion, counted up to more than a few."""
        if criterion.is_few:
            return 1
        # Its select names the project.
        statement: LiteralString = (
            f"select count(*) as found from ({criterion.select} limit :most) as counted"  # noqa: S608 - literals
        )
        rows = await self._tx.all(statement, most=FEW + 1, **criterion.values)
        return rows[0]["found"]

    async def _of_few(
        self,
        search: AccountSearch,
        few: Criterion,
        rest: Sequence[Criterion],
        *,
        number: int,
        size: int,
    ) -> FoundAccounts:
        values = few.values
        for each in rest:
            values = values | each.values
        if search.sort is AccountSort.FAILURES:
            way: LiteralString = "" if search.is_reversed else " desc"
            join, by = "", f"few.failures{way}, accounts.id desc"
        else:
            order = _order(search)
            join, by = order.join, order.by
        columns: LiteralString = "id, failures" if "failures" in few.select else "distinct id"
        if not few.is_few:
            values = values | {"few": FEW}
        rows = await self._tx.all(
            f"""
            with few as materialized (select {columns} from ({_all_of(few)}) as found)
            select accounts.id, count(*) over () as total
              from few
             cross join accounts {join}
             where accounts.id = few.id and accounts.project_id = :project_id {_conditions(rest)}
             order by {by}
             limit :limit offset :offset
            """,  # noqa: S608 - literals
            **values,
            limit=size,
            offset=(number - 1) * size,
        )
        total = rows[0]["total"] if rows else 0
        return FoundAccounts(
            await self._accounts(rows), total, is_counted=True, has_more=total > number * size
        )

    async def _plain(
        self, only: AccountFilter, criteria: Sequence[Criterion], *, number: int, size: int
    ) -> FoundAccounts:
        """Return a page by the filters that have indexes in the order of ids, however deep it is."""
        found = await Accounts(self._tx).page(AccountPage(number, size, only))
        # The first row of the next page, as a page of one row.
        more = await Accounts(self._tx).page(AccountPage(number * size + 1, 1, only))
        total = FEW if criteria else await self._count_all()
        is_counted = not criteria and total < MOST_COUNTED
        return FoundAccounts(tuple(found), total, is_counted=is_counted, has_more=bool(more))

    async def _sorted(self, search: AccountSearch, *, number: int, size: int) -> FoundAccounts:
        """Return a page of all accounts in an order, however deep it is."""
        order = _order(search)
        rows = await self._tx.all(
            # Of the project that the walk names as `:project_id`.
            f"{order.walk} order by {order.by} limit :limit offset :offset",
            limit=size + 1,
            offset=(number - 1) * size,
        )
        total = await self._count_all()
        return FoundAccounts(
            await self._accounts(rows[:size]),
            total,
            is_counted=total < MOST_COUNTED,
            has_more=len(rows) > size,
        )

    async def _walk(
        self, search: AccountSearch, criteria: Sequence[Criterion], *, number: int, size: int
    ) -> FoundAccounts:
        wanted = number * size + 1
        order = _order(search)
        # A range of ids is walked, rather than walked to.
        in_order = [each for each in criteria if each.ids and search.sort is AccountSort.CREATED]
        values: dict[str, object] = {}
        for each in criteria:
            values = values | each.values
        rows: list[Row] = []
        is_whole = False
        for steps in WALKS:
            rows = await self._tx.all(
                f"""
                with walked as materialized (
                      {order.walk} {_conditions(in_order)}
                       order by {order.by}
                       limit :steps)
                select accounts.id
                  from walked
                 cross join accounts {order.join}
                 where accounts.id = walked.id and accounts.project_id = :project_id
                       {_conditions(criteria)}
                 order by {order.by}
                 limit :wanted
                """,  # noqa: S608 - literals
                **values,
                steps=steps,
                wanted=wanted,
            )
            is_whole = await self._count_all(most=steps + 1) <= steps
            if len(rows) >= wanted or is_whole:
                break
        shown = rows[(number - 1) * size : number * size]
        has_more = len(rows) >= wanted
        least = FEW if len(criteria) == 1 and not is_whole else 0
        return FoundAccounts(
            await self._accounts(shown),
            max(len(rows) - 1 if has_more else len(rows), least),
            is_counted=is_whole and not has_more,
            has_more=has_more,
            is_partial=not (is_whole or has_more),
        )

    async def _count_all(self, *, most: int = MOST_COUNTED) -> int:
        rows = await self._tx.all(
            """
            select count(*) as found
              from (select id from accounts where project_id = :project_id limit :most) as counted
            """,
            most=most,
        )
        return rows[0]["found"]

    async def _accounts(self, rows: Sequence[Row]) -> tuple[Account, ...]:
        """Return accounts in the order of `rows`."""
        ids = tuple(row["id"] for row in rows)
        if not ids:
            return ()
        only = AccountFilter(ids=ids)
        found = await Accounts(self._tx).page(AccountPage(1, len(ids), only))
        accounts = {each.id: each for each in found}
        return tuple(accounts[each] for each in ids if each in accounts)


def _order(search: AccountSearch) -> _Order:
    is_down = search.is_reversed is (search.sort is AccountSort.CUSTOMER)
    way: LiteralString = " desc" if is_down else ""
    if search.sort is AccountSort.USED:
        by: LiteralString = f"uses.last_run_id{way}, uses.account_id{way}"
        return _Order(_WALK_OF_USES, by, _USES)
    if search.sort is AccountSort.CUSTOMER:
        by = f"lower(accounts.origin_owner_name){way}, accounts.id{way}"
    else:
        by = f"accounts.id{way}"
    return _Order(_WALK_OF_ACCOUNTS, by)


_WALK_OF_ACCOUNTS: Final[LiteralString] = (
    "select accounts.id from accounts where accounts.project_id = :project_id"
)
_WALK_OF_USES: Final[LiteralString] = (
    "select uses.account_id as id from account_uses uses where uses.project_id = :project_id"
)
_USES: Final[LiteralString] = "join account_uses uses on uses.account_id = accounts.id"


def _all_of(few: Criterion) -> LiteralString:
    """Return the select of a criterion that few meet: its limit keeps the index that it was counted by."""
    return few.select if few.is_few else f"{few.select} limit :few"


def _conditions(criteria: Sequence[Criterion]) -> LiteralString:
    text: LiteralString = ""
    for each in criteria:
        text += f" and {each.condition}"
    return text


def _as_filter(search: AccountSearch) -> AccountFilter | None:
    """Return a search as a filter that an index serves in the order of ids, if it is one."""
    plain = replace(
        search, text=search.text.strip(), statuses=(), providers=(), origin_owner_ids=()
    )
    if plain != AccountSearch():
        return None
    return AccountFilter(
        providers=search.providers,
        origin_owner_ids=search.origin_owner_ids,
        statuses=search.statuses,
    )
