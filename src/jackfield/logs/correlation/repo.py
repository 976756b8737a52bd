"""Repository of correlation headers, written through the write buffer beside their runs."""

from collections.abc import Mapping, Sequence

from jackfield.db.tx import Tx
from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit.ids import ProjectId, RunId


def append_headers(
    buffer: WriteBuffer, project_id: ProjectId, run_id: RunId, headers: Mapping[str, str]
) -> None:
    for name, value in headers.items():
        buffer.append(
            project_id,
            """
            insert into run_headers (run_id, project_id, name, value)
            values (:run_id, :project_id, :name, :value)
            """,
            {"run_id": run_id, "name": name, "value": value},
        )


class CorrelationHeaders:
    """The correlation headers of the runs of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def of_run(self, run_id: RunId) -> Mapping[str, str]:
        rows = await self._tx.all(
            """
            select name, value
              from run_headers
             where project_id = :project_id and run_id = :run_id
             order by name
            """,
            run_id=run_id,
        )
        return {row["name"]: row["value"] for row in rows}

    async def runs_with(self, name: str, value: str, *, most: int) -> Sequence[str]:
        """Return the ids of the newest runs that came with this value."""
        rows = await self._tx.all(
            """
            select run_id
              from run_headers
             where project_id = :project_id and name = :name and value = :value
             order by run_id desc
             limit :most
            """,
            name=name,
            value=value,
            most=most,
        )
        return [row["run_id"] for row in rows]
