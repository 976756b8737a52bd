"""Files of runs that a search finds, as lines of JSON or as CSV."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import encode
from jackfield.logs.search.models import Position, RunSearch
from jackfield.logs.search.rows import as_csv, run_row
from jackfield.logs.search.service import find_runs
from jackfield.runtime import Hub

Format: TypeAlias = Literal["ndjson", "csv"]

MOST_RUNS: Final = 10_000
TYPES: Final = {"ndjson": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
# So often rows are looked at for a file.
_MOST_PAGES: Final = 100
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Export:
    """A file of runs, newest first; `next` is where another one goes on, if this is not all."""

    content: bytes
    next: RunId | None


async def export_runs(
    hub: Hub, project_id: ProjectId, search: RunSearch, kind: Format, *, before: RunId | None = None
) -> Export:
    """Return a file of up to `MOST_RUNS` runs."""
    pieces: list[bytes] = []
    left = MOST_RUNS
    for number in range(_MOST_PAGES):
        found = await find_runs(
            hub, project_id, search, Position(before=before), size=min(_AT_ONCE, left)
        )
        rows = [run_row(hub.catalog, run) for run in found.runs]
        if kind == "csv":
            pieces.append(as_csv(rows, with_header=number == 0).encode())
        else:
            pieces += [encode(row) + b"\n" for row in rows]
        left, before = left - len(rows), found.edge
        if before is None or not left:
            break
    return Export(b"".join(pieces), before)
