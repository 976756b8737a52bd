"""Repository of the run log, written through the write buffer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, LiteralString

from msgspec import structs

from jackfield.db.columns import columns_of
from jackfield.db.filters import ValueFilter, filter_clauses
from jackfield.db.keyset import Keyset
from jackfield.db.tx import Row, Tx
from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import Json, convert, encode, parse
from jackfield.kit.large_json_output import encode_in_pieces
from jackfield.kit.pages import Page
from jackfield.logs.runs.models import Run, RunBodies, RunFilter, RunNotFound, RunTotals

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
        where, values = _conditions(only)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from runs
             where project_id = :project_id {where} {keyset.where}
             order by {keyset.order_by}
             limit :limit
            """,  # noqa: S608 - the parts are made of literals
            limit=size + 1,
            **values,
            **keyset.values,
        )
        return keyset.page(rows, [_run(row) for row in rows], size)

    async def page(self, only: RunFilter, *, number: int, size: int) -> list[Run]:
        """Return one page, newest first; `number` counts from 1."""
        where, values = _conditions(only)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from runs
             where project_id = :project_id {where}
             order by id desc
             limit :limit offset :offset
            """,  # noqa: S608 - `where` is made of literals
            limit=size,
            offset=(number - 1) * size,
            **values,
        )
        return [_run(row) for row in rows]

    async def around(
        self, only: RunFilter, counted: LiteralString, *, number: int, size: int
    ) -> tuple[list[Run], int]:
        """
        Return the runs that one page of steps or exchanges belongs to, newest first.

        `counted` is the column with their number in each run. The second value is how many of the
        first run's belong to earlier pages.
        """
        where, values = _conditions(only)
        offset = (number - 1) * size
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}, {counted}, upto
              from (select {_COLUMNS}, {counted}, sum({counted}) over (order by id desc) as upto
                      from runs
                     where project_id = :project_id {where}) as counted
             where upto > :offset and upto - {counted} < :end
             order by id desc
            """,  # noqa: S608 - the parts are made of literals
            offset=offset,
            end=offset + size,
            **values,
        )
        if not rows:
            return [], 0
        return [_run(row) for row in rows], offset - (int(rows[0]["upto"]) - rows[0][counted])

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
        {
            **structs.asdict(run),
            "steps": encode(run.steps).decode(),
            "step_count": len(run.steps),
            "exchange_count": sum([len(step.exchanges) for step in run.steps]),
        },
    )


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


def _conditions(only: RunFilter) -> tuple[LiteralString, dict[str, object]]:
    choices: tuple[ValueFilter, ...] = (
        (" and id in (:ids)", "ids", only.ids),
        (" and request_id in (:request_ids)", "request_ids", only.request_ids),
        (" and account_id in (:account_ids)", "account_ids", only.account_ids),
        (" and action_id in (:action_ids)", "action_ids", only.action_ids),
        (" and action_type in (:action_types)", "action_types", only.action_types),
        (" and provider in (:providers)", "providers", only.providers),
        (" and connector_version in (:versions)", "versions", only.connector_versions),
        (" and mode in (:modes)", "modes", only.modes),
        (" and origin_owner_id in (:owners)", "owners", only.origin_owner_ids),
        (" and source in (:sources)", "sources", only.sources),
        (" and key_id in (:key_ids)", "key_ids", only.key_ids),
        (" and status_code in (:status_codes)", "status_codes", only.status_codes),
    )
    where, values = filter_clauses(
        choices, success=only.success, since=only.since, until=only.until, id_type=RunId
    )
    nothing: LiteralString = " and 1 = 0" if only.nothing else ""
    return nothing + where, values


def _run(row: Row) -> Run:
    steps: Json = parse(row["steps"])
    return convert({**row, "steps": steps}, Run)
