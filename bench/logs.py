"""How long the first page of the log of runs takes among many, for every kind of filter.

`python -m bench.logs [--rows 100000] [--url postgresql://…]`: in a temporary SQLite file, or in an
empty PostgreSQL database. Prints the median of the query alone, next to a read by key.
"""

import random
from collections.abc import Mapping
from datetime import timedelta

from bench import empty_database
from bench.accounts import ACTOR, BY_KEY, PROVIDERS, START, median
from jackfield.db.tx import Database
from jackfield.db.write_buffer import Write
from jackfield.kit.ids import ProjectId, RunId
from jackfield.logs.runs.models import Exchange, Run, RunFilter, StepRecord
from jackfield.logs.runs.repo import Runs, append_run

_AT_ONCE = 10_000
_STEPS = (
    StepRecord(
        "get", "request", "done", 200, None, 0, 40,
        (Exchange("GET", "https://api.example.com/channels", 200, 40),),
    ),
)  # fmt: skip


class _Rows:
    """A write buffer that keeps what is appended."""

    def __init__(self) -> None:
        self.writes: dict[Write, list[Mapping[str, object]]] = {}

    def append(self, _project: ProjectId, write: Write, row: Mapping[str, object]) -> None:
        self.writes.setdefault(write, []).append(row)


async def fill(db: Database, project: ProjectId, count: int) -> RunId:
    """Insert runs, a second apart; return the last one's id."""
    dice = random.Random(7)
    last = RunId.new(START)
    for start in range(0, count, _AT_ONCE):
        taken = _Rows()
        for number in range(start, min(start + _AT_ONCE, count)):
            at = START + timedelta(seconds=number)
            last = RunId.new(at)
            append_run(taken, project, _run(last, number, dice))  # pyright: ignore[reportArgumentType]
        async with db.write(project, ACTOR) as tx:
            for write, rows in taken.writes.items():
                await write(tx, rows)
    await db.unscoped("analyze")
    return last


def _run(run_id: RunId, number: int, dice: random.Random) -> Run:
    provider = dice.choice(PROVIDERS)
    failed = dice.random() < 0.01
    return Run(
        id=run_id,
        account_id=f"acc_{dice.randrange(1000)}",
        provider=provider,
        action_id=f"{provider}_list_channels",
        source="api",
        success=not failed,
        status_code=502 if failed else 200,
        error_code="provider_error" if failed else None,
        message=None,
        started_at=START + timedelta(seconds=number),
        duration_ms=40,
        request_id=f"req_{number}",
        origin_owner_id=f"owner-{dice.randrange(250)}",
        steps=_STEPS,
    )


async def measure(db: Database, project: ProjectId, last: RunId) -> dict[str, float]:
    """Return the milliseconds of a first page by its filter, and those of a read by key first."""
    filters = {
        "none": RunFilter(),
        "one account": RunFilter(account_ids=("acc_7",)),
        "unknown account": RunFilter(account_ids=("acc_none",)),
        "one provider": RunFilter(providers=("provider_7",)),
        "failed": RunFilter(success=False),
        "one status": RunFilter(status_codes=(502,)),
        "one account, failed": RunFilter(account_ids=("acc_7",), success=False),
        "status nobody has": RunFilter(status_codes=(418,)),
    }
    async with db.read(project) as tx:
        runs = Runs(tx)
        found = {BY_KEY: await median(lambda: runs.get(last))}
        for name, only in filters.items():
            found[name] = await median(lambda only=only: runs.page(only, number=1, size=25))
        found["a page of steps"] = await median(
            lambda: runs.around(RunFilter(), "step_count", number=1, size=25)
        )
        for name, only in filters.items():
            found[f"count of {name}"] = await median(lambda only=only: runs.count(only))
        found["count of steps"] = await median(lambda: runs.count(RunFilter(), "step_count"))
    return found


if __name__ == "__main__":
    empty_database.main(fill, measure, __doc__)
