"""How long a page of a search in the log of runs takes among many, for every kind of word.

`python -m bench.log_searches [--rows 100000] [--url postgresql://…]`: in a temporary SQLite file, or
in an empty PostgreSQL database. Prints the median of each, next to a read by key.
"""

from datetime import timedelta

from bench import empty_database
from bench.accounts import BY_KEY, median
from bench.logs import fill
from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId, RunId
from jackfield.logs.runs.repo import Runs
from jackfield.logs.search.models import Position
from jackfield.logs.search.query import read_query
from jackfield.logs.search.repo import RunSearches, is_bounded
from jackfield.logs.search.scale import Scale
from jackfield.logs.search.service import SCANNED

QUERIES = (
    "",
    "status:failed",
    "status:5xx",
    "status:429",
    "connector:provider_7",
    "action:*_7_list*",
    "action:*nothing*",
    "account:acc_7",
    "account:acc_none",
    "account:acc_7 status:failed",
    "account:acc_7 account:acc_8",
    "customer:owner-7",
    "customer:none",
    "source:mcp",
    "took:>1s",
    "request:req_1000",
    "request:req_none",
    "code:none",
    "-status:2xx -code:provider_error",
    "nothing at all",
)


async def measure(db: Database, project: ProjectId, last: RunId) -> dict[str, float]:
    """Return the milliseconds of a read by key, of a first page by its query, and of a count."""
    end = last.moment + timedelta(seconds=1)
    async with db.read(project) as tx:
        runs = Runs(tx)
        found = {BY_KEY: await median(lambda: runs.get(last))}
        searches = RunSearches(tx)

        async def page(text: str) -> None:
            search = read_query(text, end).search
            if search.having.requests:
                ids = await searches.of_requests(search.having.requests, most=1000)
                search = read_query(" ".join(ids) or "run_" + "0" * 26, end).search
            limit = None
            if not is_bounded(search):
                limit = await searches.limit(search, Position(), scanned=SCANNED)
            await searches.find(search, Position(), limit, size=51)

        async def bars(text: str) -> None:
            search = read_query(f"{text} since:24h", end).search
            limit = await searches.limit(search, Position(), scanned=SCANNED)
            scale = Scale.of(end - timedelta(days=1), end, 60)
            scale.bars(await searches.totals(search, limit, length=scale.length))

        for text in QUERIES:
            found[text or "no words"] = await median(lambda text=text: page(text))
        for text in ("", "status:failed", "nothing at all"):
            found[f"bars of {text or 'no words'}"] = await median(lambda text=text: bars(text))
    return found


if __name__ == "__main__":
    empty_database.main(fill, measure, __doc__)
