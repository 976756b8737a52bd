"""Criteria of a search for accounts as SQL: a condition, and the select that an index answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString, cast

from jackfield.accounts.search.models import MOST_WORDS_SOUGHT, AccountSearch, AccountSort
from jackfield.accounts.words.text import prefix_range, words_of
from jackfield.kit.ids import AccountId, RunId
from jackfield.logs.account_use.models import HOURS

# Failed runs that are looked at to find the accounts that fail: the newest.
MOST_FAILED_RUNS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Criterion:
    """
    One thing that is asked of accounts.

    `select` is a select of the ids that meet it, some perhaps twice; `condition` says the same of a
    row of `accounts`. With `is_few` there are so few that they need not be counted. `ids` is the
    range of ids that it is, if it is one.
    """

    select: LiteralString
    condition: LiteralString
    values: dict[str, object]
    is_few: bool = False
    ids: LiteralString | None = None


def criteria_of(search: AccountSearch, now: datetime) -> list[Criterion]:
    """Return what a search asks for."""
    return [
        *_failing(search, now),
        *_words(search.text),
        *_lists(search),
        *_created(search),
        *_unused(search, now),
    ]


def _words(text: str) -> Iterator[Criterion]:
    # An id is kept without its prefix, which all have.
    plain = text.replace(f"{AccountId.prefix}_", " ")
    for number, word in enumerate(words_of(plain)[:MOST_WORDS_SOUGHT]):
        name = cast("LiteralString", f"word_{number}")
        first, end = prefix_range(word)
        is_word: LiteralString = f"word >= :{name} and word < :{name}_end"
        yield Criterion(
            f"select account_id as id from account_words where project_id = :project_id and {is_word}",  # noqa: S608 - names of ours
            f"""exists (select 1 from account_words
                         where project_id = :project_id and account_id = accounts.id and {is_word})""",  # noqa: S608 - names of ours
            {name: first, f"{name}_end": end},
        )


def _lists(search: AccountSearch) -> Iterator[Criterion]:
    lists: tuple[tuple[LiteralString, LiteralString, tuple[str, ...]], ...] = (
        ("origin_owner_id", "owners", search.origin_owner_ids),
        ("reason", "reasons", search.reasons),
        ("profile_id", "profiles", search.profile_ids),
        ("environment", "environments", search.environments),
        ("type", "types", search.types),
        ("status", "statuses", search.statuses),
        ("provider", "providers", search.providers),
    )
    for column, name, chosen in lists:
        if chosen:
            # The index on reasons leaves out those that have none.
            more: LiteralString = " and reason <> ''" if column == "reason" else ""
            yield _of_accounts(f"{column} in (:{name}){more}", {name: chosen})


def _created(search: AccountSearch) -> Iterator[Criterion]:
    conditions: list[LiteralString] = []
    values: dict[str, object] = {}
    # Ids are in the order of time.
    if search.created_since is not None:
        conditions.append("accounts.id >= :created_since")
        values["created_since"] = AccountId.floor(search.created_since)
    if search.created_until is not None:
        conditions.append("accounts.id < :created_until")
        values["created_until"] = AccountId.floor(search.created_until)
    if conditions:
        range_: LiteralString = " and ".join(conditions)
        yield _of_accounts(range_, values, ids=range_)


def _unused(search: AccountSearch, now: datetime) -> Iterator[Criterion]:
    if search.unused_days is None:
        return
    since = now - timedelta(days=search.unused_days)
    # One that is newer than that has had no time to be used.
    unused: LiteralString = "last_run_id < :unused_run and account_id < :unused_account"
    yield Criterion(
        f"select account_id as id from account_uses where project_id = :project_id and {unused}",  # noqa: S608 - literals
        f"""exists (select 1 from account_uses
                     where project_id = :project_id and account_id = accounts.id and {unused})""",  # noqa: S608 - literals
        {"unused_run": RunId.floor(since), "unused_account": AccountId.floor(since)},
    )


def _failing(search: AccountSearch, now: datetime) -> Iterator[Criterion]:
    if not search.is_failing and search.sort is not AccountSort.FAILURES:
        return
    select: LiteralString = """
        select account_id as id, count(*) as failures
          from (select account_id
                  from runs
                 where project_id = :project_id and not success and id >= :failed_since
                 order by id desc
                 limit :failed_runs) as failed
         group by account_id
    """
    values: dict[str, object] = {
        "failed_since": RunId.floor(now - timedelta(hours=HOURS)),
        "failed_runs": MOST_FAILED_RUNS,
    }
    # Of as many accounts as fail: their runs are bounded instead.
    yield Criterion(
        select,
        f"accounts.id in (select id from ({select}) as failing)",  # noqa: S608 - literals
        values,
        is_few=True,
    )


def _of_accounts(
    condition: LiteralString, values: dict[str, object], *, ids: LiteralString | None = None
) -> Criterion:
    return Criterion(
        f"select id from accounts where project_id = :project_id and {condition}",  # noqa: S608 - literals
        condition,
        values,
        ids=ids,
    )
