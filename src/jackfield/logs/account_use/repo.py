"""Repository of the recent use of accounts, read from the run log."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, LiteralString, cast

from jackfield.db.tx import Tx
from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit.ids import ProjectId, RunId
from jackfield.logs.account_use.models import HOURS, MOST_FAILURES, AccountUse

# An id begins with its time, in milliseconds: so many characters name a span of 17 minutes.
_SPAN_CHARACTERS: Final = len(RunId.prefix) + 1 + 6
_SPAN: Final = timedelta(milliseconds=32**4)


async def use_of(tx: Tx, account_ids: Sequence[str]) -> Mapping[str, AccountUse]:
    """Return how each of some accounts, such as those of a page, was used."""
    if not account_ids:
        return {}
    used = await _used(tx, account_ids)
    failures = await _failures(tx, account_ids)
    return {each: AccountUse(used.get(each), failures[each]) for each in account_ids}


def append_use(buffer: WriteBuffer, project_id: ProjectId, account_id: str, run_id: RunId) -> None:
    """Note that an account is used, with the next rows of the log."""
    buffer.append(
        project_id,
        """
        insert into account_uses (account_id, project_id, last_run_id)
        values (:account_id, :project_id, :run_id)
            on conflict (account_id) do update
           set last_run_id = excluded.last_run_id
         where excluded.last_run_id > account_uses.last_run_id
        """,
        {"account_id": account_id, "run_id": run_id},
    )


async def _used(tx: Tx, account_ids: Sequence[str]) -> Mapping[str, datetime]:
    rows = await tx.all(
        """
        select accounts.id,
               (select max(id) from runs
                 where runs.project_id = :project_id and runs.account_id = accounts.id) as logged,
               -- Of runs that are no longer in the log.
               (select last_run_id from account_uses
                 where account_uses.project_id = :project_id
                   and account_uses.account_id = accounts.id) as noted
          from accounts
         where project_id = :project_id and id in (:ids)
        """,
        ids=list(account_ids),
    )
    last = {row["id"]: max(row["logged"] or "", row["noted"] or "") for row in rows}
    return {account_id: RunId(run_id).moment for account_id, run_id in last.items() if run_id}


async def _failures(tx: Tx, account_ids: Sequence[str]) -> Mapping[str, tuple[int, ...]]:
    # A select for each account, since each counts no more than so many.
    parts: list[LiteralString] = []
    values: dict[str, object] = {}
    for number, account_id in enumerate(account_ids):
        name = _NAMES[number]
        values[name] = account_id
        parts.append(
            f"""
            select cast(:{name} as text) as account_id, span, count(*) as failures
              from (select substr(id, 1, :characters) as span
                      from runs
                     where project_id = :project_id and account_id = :{name}
                       and not success and id >= :since
                     order by id desc
                     limit :most) as failed
             group by span
            """  # noqa: S608 - names of ours
        )
    since = tx.now - timedelta(hours=HOURS)
    rows = await tx.all(
        " union all ".join(parts),
        characters=_SPAN_CHARACTERS,
        since=RunId.floor(since),
        most=MOST_FAILURES,
        **values,
    )
    hours = {each: [0] * HOURS for each in account_ids}
    spans = _hours_of_spans(since)
    for row in rows:
        hours[row["account_id"]][spans.get(row["span"], 0)] += row["failures"]
    return {each: tuple(counts) for each, counts in hours.items()}


def _hours_of_spans(since: datetime) -> Mapping[str, int]:
    """Return the hour that each span since then is in, for the most part."""
    spans: dict[str, int] = {}
    for number in range(int(timedelta(hours=HOURS) / _SPAN) + 2):
        moment = since + number * _SPAN
        span = RunId.floor(moment)[:_SPAN_CHARACTERS]
        spans[span] = min(int((moment - since) / timedelta(hours=1)), HOURS - 1)
    return spans


_NAMES: Final = cast("tuple[LiteralString, ...]", tuple(f"account_{each}" for each in range(100)))
