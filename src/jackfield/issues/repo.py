"""Repository of issues."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final, LiteralString

from jackfield.db.columns import columns_of
from jackfield.db.filters import value_clauses
from jackfield.db.tx import Row, Tx
from jackfield.issues.models import Issue, IssueFilter, IssueNotFound, IssueView
from jackfield.kit.json import convert, encode, parse
from jackfield.kit.pages import Page

_COLUMNS: Final = columns_of(Issue)
_JSON: Final = ("step", "actions", "request_ids")
_MUTED: Final = "(muted_at is not null and (muted_until is null or muted_until > :now))"
_VIEWS: Final[Mapping[IssueView, LiteralString]] = {
    IssueView.OPEN: f"status = 'open' and not {_MUTED}",
    IssueView.MUTED: f"status = 'open' and {_MUTED}",
    IssueView.RESOLVED: "status = 'resolved'",
}


class Issues:
    """The issues of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def lock(self) -> None:
        """Wait until no other transaction changes issues of the project, and keep others waiting."""
        await self._tx.run(
            """
            update issue_readings
               set leased_until = leased_until
             where project_id = :project_id
            """
        )

    async def get(self, issue_id: str) -> Issue:
        """
        Return one issue; `issue_id` is unchecked input.

        Raises:
            IssueNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"select {_COLUMNS} from issues where project_id = :project_id and id = :id",  # noqa: S608 - columns of ours
            id=issue_id,
        )
        if row is None:
            raise IssueNotFound
        return issue_of(row)

    async def page(self, only: IssueFilter, *, after: str | None, size: int) -> Page[Issue]:
        """Return one page, newest first."""
        where, values = _conditions(only)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from issues
             where project_id = :project_id {where} and id < :after
             order by id desc
             limit :limit
            """,  # noqa: S608 - the parts are made of literals
            after=after or "iss_~",
            limit=size + 1,
            **values,
        )
        items = tuple(map(issue_of, rows[:size]))
        return Page(items, items[-1].id if len(rows) > size else None)

    async def counts(self, account_ids: Sequence[str] = ()) -> dict[IssueView, int]:
        """Return how many issues each list has."""
        where, values = _conditions(IssueFilter(account_ids=tuple(account_ids)))
        rows = await self._tx.all(
            f"""
            select status, {_MUTED} as muted, count(*) as total
              from issues
             where project_id = :project_id {where}
             group by status, {_MUTED}
            """,  # noqa: S608 - the parts are made of literals
            **values,
        )
        counts = dict.fromkeys(IssueView, 0)
        for row in rows:
            open_view = IssueView.MUTED if row["muted"] else IssueView.OPEN
            counts[open_view if row["status"] == "open" else IssueView.RESOLVED] += row["total"]
        return counts

    async def count_open(self) -> int:
        """Return how many issues are open and not muted."""
        row = await self._tx.one(
            f"""
            select count(*) as total
              from issues
             where project_id = :project_id and {_VIEWS[IssueView.OPEN]}
            """  # noqa: S608 - literals
        )
        return 0 if row is None else row["total"]

    async def latest(self, account_ids: Iterable[str], *, resolved_after: datetime) -> list[Issue]:
        """Return the issues of accounts that are open or were not long ago, oldest first."""
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from issues
             where project_id = :project_id and account_id in (:account_ids)
               and (status = 'open' or resolved_at > :resolved_after)
             order by id
            """,  # noqa: S608 - columns of ours
            account_ids=tuple(account_ids),
            resolved_after=resolved_after,
        )
        return [issue_of(row) for row in rows]

    async def add(self, issues: Sequence[Issue]) -> None:
        if not issues:
            return
        await self._tx.executemany(
            """
            insert into issues
                   (id, project_id, account_id, provider, origin_owner_id, origin_owner_name,
                    cause, code, message, step, status, first_seen_at, last_seen_at, occurrences,
                    reopened, actions, request_ids, generation, account_failing, last_run_id,
                    settled_run_id, resolved_at, resolution, resolved_by, muted_at, muted_until)
            values (:id, :project_id, :account_id, :provider, :origin_owner_id, :origin_owner_name,
                    :cause, :code, :message, :step, :status, :first_seen_at, :last_seen_at,
                    :occurrences, :reopened, :actions, :request_ids, :generation,
                    :account_failing, :last_run_id, :settled_run_id, :resolved_at, :resolution,
                    :resolved_by, :muted_at, :muted_until)
            """,
            [_columns(issue) for issue in issues],
        )

    async def save(self, issue: Issue) -> None:
        await self._tx.run(
            """
            update issues
               set code = :code,
                   message = :message,
                   step = :step,
                   status = :status,
                   last_seen_at = :last_seen_at,
                   occurrences = :occurrences,
                   reopened = :reopened,
                   actions = :actions,
                   request_ids = :request_ids,
                   generation = :generation,
                   account_failing = :account_failing,
                   last_run_id = :last_run_id,
                   settled_run_id = :settled_run_id,
                   resolved_at = :resolved_at,
                   resolution = :resolution,
                   resolved_by = :resolved_by,
                   muted_at = :muted_at,
                   muted_until = :muted_until,
                   origin_owner_id = :origin_owner_id,
                   origin_owner_name = :origin_owner_name
             where project_id = :project_id and id = :id
            """,
            **{
                name: value
                for name, value in _columns(issue).items()
                if name not in ("account_id", "provider", "cause", "first_seen_at")
            },
        )


def issue_of(row: Row) -> Issue:
    names = Issue.__dataclass_fields__
    values = {name: row[name] for name in names}
    return convert({**values, **{name: parse(row[name]) for name in _JSON}}, Issue)


def _conditions(only: IssueFilter) -> tuple[LiteralString, dict[str, object]]:
    where, values = value_clauses(
        (
            (" and account_id in (:account_ids)", "account_ids", only.account_ids),
            (" and cause in (:causes)", "causes", only.causes),
        )
    )
    if only.views:
        views = " or ".join([f"({_VIEWS[view]})" for view in only.views])
        where += f" and ({views})"
    return where, values


def _columns(issue: Issue) -> dict[str, object]:
    columns: dict[str, object] = asdict(issue)
    return columns | {name: encode(columns[name]).decode() for name in _JSON}
