"""The dashboard's lists are found by indexes: they take no longer as accounts and runs grow."""

import re
import sqlite3
from collections.abc import Mapping

import pytest

from bench.dashboard import pages
from jackfield.db import sqlite
from tests.support.browsing import signed_in
from tests.support.running import Running

pytestmark = pytest.mark.anyio

GROWING = ("accounts", "runs", "api_requests", "events")


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Note how SQLite goes about each statement that only reads."""
    noted: dict[str, list[str]] = {}
    query = sqlite.query_rows  # where every statement passes

    def noting(
        connection: sqlite3.Connection, sql: str, values: Mapping[str, object]
    ) -> list[sqlite.Row]:
        noted[sql] = [
            each["detail"] for each in query(connection, f"explain query plan {sql}", values)
        ]
        return query(connection, sql, values)

    monkeypatch.setattr(sqlite, "query_rows", noting)
    return noted


def walked(plans: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """Return each step that reads all rows of a table that grows, with its statement."""
    return [
        (step, sql)
        for sql, steps in plans.items()
        for step in steps
        if (table := re.match(r"SCAN (\w+)", step)) and _of(table[1], sql) in GROWING
    ]


def _of(name: str, sql: str) -> str:
    """Return the table that a statement calls by another name."""
    found = re.search(rf"(?:from|join)\s+(\w+)\s+(?:as\s+)?{name}\b", sql)
    return found[1] if found else name


@pytest.mark.parametrize("hub_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("title", "address"), pages(100).items(), ids=list(pages(100)))
async def test_a_page_of_a_list_reads_no_table_from_end_to_end(
    title: str, address: str, hub: Running, plans: dict[str, list[str]]
) -> None:
    account = await hub.link()
    await hub.run(account, "iterable_list_channels")
    browser = await signed_in(hub)
    plans.clear()
    answer = await browser.get(address)

    assert answer.status_code == 200, title
    assert any(table in sql for table in GROWING for sql in plans)
    assert walked(plans) == []


def test_a_statement_that_walks_through_a_table_is_noticed(plans: dict[str, list[str]]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.execute("create table runs (id text primary key, message text)")

    for sql in ("select id from runs as r where message = :x", "select 1 from runs where id = :x"):
        sqlite.query_rows(connection, sql, {"x": "1"})

    connection.close()
    assert [sql for _, sql in walked(plans)] == ["select id from runs as r where message = :x"]
