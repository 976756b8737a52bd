"""How many bytes an account and a call take on disk, on SQLite and on PostgreSQL.

`python -m bench.disk [--accounts 1000] [--calls 10000]`: accounts are linked and calls made in process,
with the provider replaced. Indexes are part of it; what waits in a log of the database is not.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import LiteralString

from jackfield.db.tx import Database
from jackfield.kit import log
from tests.support import postgres
from tests.support.counted_calls import CountedHub, counted_hub

SIZES: Mapping[str, LiteralString] = {
    "SQLite": """
        select (pages.page_count - free.freelist_count) * size.page_size as bytes
          from pragma_page_count pages, pragma_freelist_count free, pragma_page_size size
    """,
    "PostgreSQL": """
        select cast(sum(pg_total_relation_size(oid)) as bigint) as bytes
          from pg_class
         where relkind = 'r' and relnamespace = to_regnamespace('public')
    """,
}
# Rows of the log are written a moment later.
_MOMENT_SECONDS = 1


def measure(accounts: int = 1000, calls: int = 10_000) -> Mapping[str, Mapping[str, float]]:
    """Return the bytes by the database."""
    found = {"SQLite": asyncio.run(_sizes("SQLite", None, accounts, calls))}
    with postgres.running() as server:
        url = asyncio.run(postgres.new_database(server, "disk"))
        found["PostgreSQL"] = asyncio.run(_sizes("PostgreSQL", url, accounts, calls))
    return found


async def _sizes(name: str, url: str | None, accounts: int, calls: int) -> Mapping[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        async with counted_hub(Path(folder), url) as hub:
            at_first = await _size(hub.db, name)
            for number in range(accounts):
                await hub.link(f"customer-{number}")
            linked = await _size(hub.db, name)
            await _call(hub, calls)
            called = await _size(hub.db, name)
    return {
        "at the start": at_first,
        "a linked account": (linked - at_first) / accounts,
        "an action call": (called - linked) / calls,
    }


async def _call(hub: CountedHub, calls: int) -> None:
    for _ in range(calls):
        await hub.post("/actions/rpc", {"action": "iterable_list_channels"})


async def _size(db: Database, name: str) -> float:
    await asyncio.sleep(_MOMENT_SECONDS)
    (row,) = await db.unscoped(SIZES[name])
    return float(row["bytes"])


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=1000)
    options.add_argument("--calls", type=int, default=10_000)
    chosen = options.parse_args()
    log.configure(level="error")
    for name, sizes in measure(chosen.accounts, chosen.calls).items():
        for what, size in sizes.items():
            print(f"{name:12}{what:20}{size:12,.0f} bytes")


if __name__ == "__main__":
    main()
