"""Repository of the run log, written through the write buffer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, LiteralString, NamedTuple

from msgspec import structs

from jackfield.db.columns import columns_of
from jackfield.db.filters import ValueFilter, alternatives, filter_clauses, one_for_all
from jackfield.db.keyset import BY_ID, Keyset
from jackfield.db.tx import Row, Tx
from jackfield.db.write_buffer import Rows, WriteBuffer
from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import Json, convert, encode, parse
from jackfield.kit.large_json_output import encode_in_pieces
from jackfield.kit.pages import Page
from jackfield.logs.runs.counts.repo import count_rows
from jackfield.logs.runs.models import (
    Run,
    RunBodies,
    RunCount,
    RunFilter,
    RunNotFound,
    RunTotals,
)

# Columns that runs can be counted by, by their name in the API.
DIMENSIONS: Final[dict[str, LiteralString]] = {
    "account_secure_id": "account_id",
    "account_id": "account_id",
    "action": "action_id",
    "action_id": "action_id",
    "action_type": "action_type",
    "connector_key": "provider",
    "provider": "provider",
    "connector_version": "connector_version",
    "mode": "mode",
    "origin_owner_id": "origin_owner_id",
    "source_id": "key_id",
    "source_type": "source",
    "status_code": "status_code",
    "error_code": "error_code",
    "success": "success",
}


_LARGEST_VALUE: Final = 1024 * 1024
_BEGINNING: Final = 64 * 1024
_COLUMNS: Final = columns_of(Run)
# How many rows a total beside a page is counted in.
_MOST_EXAMINED: Final = 10_000
# Such a status is none of a success.
_REFUSED: Final = 400
# The columns of a filter's lists.
_FILTERED: Final[Mapping[LiteralString, LiteralString]] = {
    "ids": "id",
    "request_ids": "request_id",
    "account_ids": "account_id",
    "action_ids": "action_id",
    "action_types": "action_type",
    "providers": "provider",
    "connector_versions": "connector_version",
    "modes": "mode",
    "origin_owner_ids": "origin_owner_id",
    "sources": "source",
    "key_ids": "key_id",
    "status_codes": "status_code",
}


class Runs:
    """The runs of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def get(self, run_id: str) -> Run:
        """
        Return one run, by its own id or that of its API request.

        Raises:
            RunNotFound: the project does not have it, or no longer.
        """
        row = await self._tx.one(
            f"""
            select {_COLUMNS}
              from runs
             where project_id = :project_id and (id = :id or request_id = :id)
             order by id
             limit 1
            """,  # noqa: S608 - columns of ours
            id=run_id,
        )
        if row is None:
            raise RunNotFound
        return _run(row)

    async def bodies(self, run_id: str) -> RunBodies | None:
        row = await self._tx.one(
            "select content from run_bodies where project_id = :project_id and run_id = :id",
            id=run_id,
        )
        return None if row is None else convert(parse(row["content"]), RunBodies)

    async def after(self, only: RunFilter, keyset: Keyset, *, size: int) -> Page[Run]:
        """Return the page after the position of `keyset`."""
        chosen = _Choice.of(only)
        sorted_by: LiteralString = "" if keyset.column is BY_ID else f", {keyset.column.name}"
        parts = chosen.parts(f"id{sorted_by}", f"{chosen.rest} {keyset.where}", keyset.order_by)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from (select id from ({parts}) as parts order by {keyset.order_by} limit :upto)
                   as found
              join runs using (id)
             where project_id = :project_id
             order by {keyset.order_by}
            """,  # noqa: S608 - the parts are made of literals
            upto=size + 1,
            **chosen.values,
            **keyset.values,
        )
        return keyset.page(rows, [_run(row) for row in rows], size)

    async def page(self, only: RunFilter, *, number: int, size: int) -> tuple[list[Run], bool]:
        """Return one page, newest first, and whether more follow; `number` counts from 1."""
        chosen = _Choice.of(only)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from (select id from ({chosen.parts("id", chosen.rest)}) as parts
                     order by id desc limit :limit offset :offset) as found
              join runs using (id)
             where project_id = :project_id
             order by id desc
            """,  # noqa: S608 - the parts are made of literals
            limit=size + 1,
            offset=(number - 1) * size,
            upto=number * size + 1,
            **chosen.values,
        )
        return [_run(row) for row in rows[:size]], len(rows) > size

    async def around(
        self, only: RunFilter, counted: LiteralString, *, number: int, size: int
    ) -> tuple[list[Run], int, bool]:
        """
        Return the runs that one page of steps or exchanges belongs to, newest first.

        `counted` is the column with their number in each run. The second value is how many of the
        first run's belong to earlier pages, the third whether more follow.
        """
        chosen = _Choice.of(only)
        parts = chosen.parts(f"id, {counted}", f"{chosen.rest} and {counted} > 0")
        offset, end = (number - 1) * size, number * size
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}, {counted}, reached
              from (select id, sum({counted}) over (order by id desc) as reached
                      from (select id, {counted} from ({parts}) as parts
                             order by id desc limit :upto) as newest) as found
              join runs using (id)
             where project_id = :project_id
               and reached > :offset and reached - {counted} <= :end
             order by id desc
            """,  # noqa: S608 - the parts are made of literals
            offset=offset,
            end=end,
            upto=end + 1,
            **chosen.values,
        )
        if not rows:
            return [], 0, False
        before = offset - (int(rows[0]["reached"]) - rows[0][counted])
        return [_run(row) for row in rows], before, int(rows[-1]["reached"]) > end

    async def count(self, only: RunFilter, counted: LiteralString | None = None) -> RunCount:
        """Count runs, or what the column `counted` says of each, in so many as may match at most."""
        chosen = _Choice.of(only)
        columns: LiteralString = ", ".join(["id", "project_id", *chosen.columns])
        columns += f", {counted}" if counted else ""
        rows = await self._tx.all(
            f"""
            select count(*) as examined,
                   coalesce(sum(case when 1 = 1 {chosen.rest} then {counted or "1"} else 0 end), 0)
                   as total
              from (select {columns} from ({chosen.parts(columns)}) as parts limit :upto) as examined
             where project_id = :project_id
            """,  # noqa: S608 - the parts are made of literals
            upto=_MOST_EXAMINED,
            **chosen.values,
        )
        return RunCount(int(rows[0]["total"]), is_exact=rows[0]["examined"] < _MOST_EXAMINED)

    async def totals(
        self, only: RunFilter, dimensions: Sequence[str] = (), *, most: int = 1
    ) -> list[RunTotals]:
        """Return totals for each combination of values of `dimensions`, the largest first."""
        where, values = _conditions(only)
        grouped: LiteralString = ", ".join([DIMENSIONS[name] for name in dimensions])
        chosen: LiteralString = f"{grouped}, " if dimensions else ""
        group_by: LiteralString = f"group by {grouped}" if dimensions else ""
        then: LiteralString = f", {grouped}" if dimensions else ""
        rows = await self._tx.all(
            f"""
            select {chosen}
                   count(*) as total,
                   coalesce(sum(case when success then 1 else 0 end), 0) as succeeded,
                   coalesce(sum(duration_ms), 0) as summed_ms,
                   coalesce(max(duration_ms), 0) as longest_ms,
                   coalesce(sum(step_count), 0) as steps,
                   coalesce(sum(exchange_count), 0) as exchanges
              from runs
             where project_id = :project_id {where}
             {group_by}
             order by total desc {then}
             limit :limit
            """,  # noqa: S608 - the parts are made of literals
            limit=most,
            **values,
        )
        return [
            RunTotals(
                group={name: row[DIMENSIONS[name]] for name in dimensions},
                total=row["total"],
                succeeded=int(row["succeeded"]),
                average_ms=round(int(row["summed_ms"]) / (row["total"] or 1), 1),
                longest_ms=row["longest_ms"],
                steps=int(row["steps"]),
                exchanges=int(row["exchanges"]),
            )
            for row in rows
        ]


def append_run(buffer: WriteBuffer, project_id: ProjectId, run: Run) -> None:
    buffer.append(
        project_id,
        _write_runs,
        {
            **structs.asdict(run),
            "steps": encode(run.steps).decode(),
            "step_count": len(run.steps),
            "exchange_count": sum([len(step.exchanges) for step in run.steps]),
        },
    )


async def _write_runs(tx: Tx, rows: Rows) -> None:
    """Write runs, and count them: the counts are never those of other runs than the log has."""
    await tx.executemany(
        """
        insert into runs
               (id, project_id, account_id, provider, action_id, source, success, status_code,
                error_code, message, started_at, duration_ms, request_id, key_id, user_agent,
                profile_id, connector_version, action_type, auth_method, mode, origin_owner_id,
                origin_owner_name, steps, step_count, exchange_count)
        values (:id, :project_id, :account_id, :provider, :action_id, :source, :success,
                :status_code, :error_code, :message, :started_at, :duration_ms, :request_id,
                :key_id, :user_agent, :profile_id, :connector_version, :action_type, :auth_method,
                :mode, :origin_owner_id, :origin_owner_name, :steps, :step_count, :exchange_count)
        """,
        rows,
    )
    await count_rows(tx, rows)


def encode_bodies(bodies: RunBodies) -> bytes:
    """Return bodies as they are stored: of large inputs or a large output, the beginning as text."""
    inputs, output = map(_bounded, (bodies.inputs, bodies.output))
    return encode(replace(bodies, inputs=inputs, output=output))


def _bounded(value: Json) -> Json:
    content = encode_in_pieces(value)
    if len(content) <= _LARGEST_VALUE:
        return value
    return content[:_BEGINNING].decode("utf-8", "ignore")


def append_bodies(
    buffer: WriteBuffer, project_id: ProjectId, run_id: RunId, content: bytes
) -> None:
    """Append what `encode_bodies` returned."""
    buffer.append(
        project_id,
        """
        insert into run_bodies (run_id, project_id, content)
        values (:run_id, :project_id, :content)
        """,
        {"run_id": run_id, "content": content.decode()},
    )


class _Choice(NamedTuple):
    """A filter in two: conditions that an index serves, as alternatives, and the other ones."""

    alternatives: Sequence[LiteralString]
    indexed: LiteralString
    rest: LiteralString
    # That the rest compares.
    columns: Sequence[LiteralString]
    values: Mapping[str, object]

    @classmethod
    def of(cls, only: RunFilter) -> "_Choice":
        lowest = min(only.status_codes, default=0)
        failed = only.success is False or (only.success is None and lowest >= _REFUSED)
        found = alternatives({"account_id": only.account_ids})
        rest = replace(
            only, ids=(), request_ids=(), since=None, until=None, nothing=False,
            account_ids=() if found else only.account_ids, success=None if failed else only.success,
        )  # fmt: skip
        indexed = RunFilter(
            ids=only.ids, request_ids=only.request_ids, since=only.since, until=only.until,
            nothing=only.nothing, success=False if failed else None,
        )  # fmt: skip
        columns: list[LiteralString]
        columns = [column for field, column in _FILTERED.items() if getattr(rest, field)]
        if rest.success is not None:
            columns.append("success")
        (where, values), (then, others) = _conditions(indexed), _conditions(rest)
        conditions, compared = found or one_for_all()
        return cls(conditions, where, then, columns, {**values, **others, **compared})

    def parts(
        self,
        columns: LiteralString,
        where: LiteralString = "",
        order_by: LiteralString = "id desc",
    ) -> LiteralString:
        """Return selects which together have the first rows that meet the indexed conditions."""
        parts: list[LiteralString] = [
            f"""
            select {columns}
              from (select {columns}
                      from runs
                     where project_id = :project_id {each} {self.indexed} {where}
                     order by {order_by}
                     limit :upto) as part
            """  # noqa: S608 - the conditions are made of literals
            for each in self.alternatives
        ]
        return " union all ".join(parts)


def _conditions(only: RunFilter) -> tuple[LiteralString, dict[str, object]]:
    choices: list[ValueFilter] = [
        (f" and {column} in (:{field})", field, getattr(only, field))
        for field, column in _FILTERED.items()
    ]
    where, values = filter_clauses(
        choices, success=only.success, since=only.since, until=only.until, id_type=RunId
    )
    nothing: LiteralString = " and 1 = 0" if only.nothing else ""
    return nothing + where, values


def _run(row: Row) -> Run:
    steps: Json = parse(row["steps"])
    return convert({**row, "steps": steps}, Run)
