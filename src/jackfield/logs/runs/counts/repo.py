"""Repository of the counts of runs, kept in the transactions that write the runs themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, LiteralString, NamedTuple

from jackfield.db.filters import value_clauses
from jackfield.db.tx import Row, Tx
from jackfield.db.write_buffer import Rows
from jackfield.kit.json import convert
from jackfield.logs.runs.counts.models import CountFilter, OutcomeClass, RunTally, hour_of
from jackfield.logs.runs.sources import source_of

_ALL: Final = CountFilter()


class Kind(NamedTuple):
    """The runs that are counted together."""

    hour: datetime
    provider: str
    source: str
    outcome: str

    @classmethod
    def of(cls, row: Mapping[str, object]) -> "Kind":
        """Return the kind of a run in the log."""
        moment = row["started_at"]
        assert isinstance(moment, datetime)
        status_code, error_code = row["status_code"], row["error_code"]
        assert isinstance(status_code, int)
        outcome = OutcomeClass.of(
            success=bool(row["success"]),
            status_code=status_code,
            error_code=None if error_code is None else str(error_code),
        )
        source = source_of(str(row["source"]), str(row["user_agent"] or ""))
        return cls(hour_of(moment.astimezone(UTC)), str(row["provider"]), source, outcome.value)


async def count_rows(tx: Tx, rows: Rows) -> None:
    """Count rows that the transaction adds to the log: one statement for each hour and kind of run."""
    totals = Counter(map(Kind.of, rows))
    # Always in one order: transactions that wait for each other's rows must not wait in a circle.
    await tx.executemany(
        """
        insert into run_counts (project_id, hour, provider, source, outcome, total)
        values (:project_id, :hour, :provider, :source, :outcome, :total)
            on conflict (project_id, hour, provider, source, outcome) do update
           set total = run_counts.total + excluded.total
        """,
        [{**kind._asdict(), "total": totals[kind]} for kind in sorted(totals)],
    )


async def recount(tx: Tx, counted: Iterable[tuple[Kind, int]]) -> None:
    """Replace counts by those of runs that are in the log already."""
    totals = Counter[Kind]()
    for kind, total in counted:
        totals[kind] += total
    await tx.executemany(
        """
        insert into run_counts (project_id, hour, provider, source, outcome, total)
        values (:project_id, :hour, :provider, :source, :outcome, :total)
            on conflict (project_id, hour, provider, source, outcome) do update
           set total = excluded.total
        """,
        [{**kind._asdict(), "total": totals[kind]} for kind in sorted(totals)],
    )


class RunCounts:
    """The counts of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def by_hour(
        self, since: datetime, until: datetime, only: CountFilter = _ALL
    ) -> dict[datetime, RunTally]:
        """Count runs by the hour in which they began; hours without any are left out."""
        rows = await self._grouped("hour", since, until, only)
        return {convert(row["hour"], datetime): _tally(row) for row in rows}

    async def by_provider(self, since: datetime, until: datetime) -> dict[str, RunTally]:
        """Count runs by connector, most first; empty are those of no known connector."""
        return _ranked("provider", await self._grouped("provider", since, until))

    async def by_source(self, since: datetime, until: datetime) -> dict[str, RunTally]:
        """Count runs by where they came from, most first."""
        return _ranked("source", await self._grouped("source", since, until))

    async def by_outcome(self, since: datetime, until: datetime) -> dict[OutcomeClass, int]:
        """Count runs by how they ended."""
        rows = await self._grouped("outcome", since, until)
        return {OutcomeClass(row["outcome"]): int(row["total"]) for row in rows}

    async def begun_at(self) -> datetime | None:
        """Return the first hour that is counted; nothing if none is."""
        rows = await self._tx.all(
            """
            select hour
              from run_counts
             where project_id = :project_id
             order by hour
             limit 1
            """
        )
        return convert(rows[0]["hour"], datetime) if rows else None

    async def are_complete(self) -> bool:
        """Return whether all of the log is counted, also what is older than the counts."""
        row = await self._tx.one(
            "select ended_at from run_count_fills where project_id = :project_id"
        )
        return row is not None and row["ended_at"] is not None

    async def _grouped(
        self,
        column: LiteralString,
        since: datetime,
        until: datetime,
        only: CountFilter = _ALL,
    ) -> Sequence[Row]:
        where, values = value_clauses(
            [
                (" and provider in (:providers)", "providers", only.providers),
                (" and source in (:sources)", "sources", only.sources),
                (" and outcome in (:outcomes)", "outcomes", only.outcomes),
            ]
        )
        return await self._tx.all(
            f"""
            select {column},
                   sum(total) as total,
                   sum(case when outcome = 'succeeded' then 0 else total end) as failed
              from run_counts
             where project_id = :project_id and hour >= :since and hour < :until {where}
             group by {column}
            """,  # noqa: S608 - a column and conditions of ours
            since=since,
            until=until,
            **values,
        )


def _tally(row: Row) -> RunTally:
    return RunTally(int(row["total"]), int(row["failed"]))


def _ranked(column: str, rows: Sequence[Row]) -> dict[str, RunTally]:
    found = [(str(row[column]), _tally(row)) for row in rows]
    return dict(sorted(found, key=lambda each: (-each[1].total, each[0])))
