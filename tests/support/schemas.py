"""An installation as it was at an earlier schema, with a row in each of its tables."""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg
import pytest

from jackfield.db import migrate
from jackfield.installation import open_database
from jackfield.settings import Settings
from tests.support.clock import FrozenClock

_T = TypeVar("_T")
# What the earliest installation that is kept has: tests/fixtures/hub_e258955.
EARLIEST = 24
SCHEMAS = tuple(each.number for each in migrate.migrations() if each.number >= EARLIEST)
_ANOTHER = "01KJMF59206XWGBN769GX7MKKV"
_TIME = "2026-01-31T23:59:59.000001+00:00"
_VALUES: dict[str, Any] = {
    "text": "ünï “𝄞” 'quoted'",
    "integer": -3,
    "bigint": 2**62,
    "double precision": 28_754_990.459_094_1,
    "boolean": True,
    "bytea": b"\x00\xff",
    "timestamptz": _TIME,
    "timestamp with time zone": datetime.fromisoformat(_TIME).astimezone(UTC),
}
_REFERENCES = """
select confrelid::regclass::text as other, mine.attname as name, theirs.attname as key
from pg_constraint,
  unnest(conkey, confkey) as pair (mine, theirs),
  pg_attribute as mine, pg_attribute as theirs
where contype = 'f' and conrelid = $1::regclass
  and mine.attrelid = conrelid and mine.attnum = pair.mine
  and theirs.attrelid = confrelid and theirs.attnum = pair.theirs
"""


async def migrate_to(
    number: int, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Bring a database to the schema that had `number` as its last migration."""
    known = tuple(each for each in migrate.migrations() if each.number <= number)
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "migrations", lambda: known)
        async with open_database(settings, clock=clock) as db:
            return await db.migrate()


class Tables:
    """The tables of a database, past everything that the hub has for them."""

    def __init__(self, ask: Callable[..., Awaitable[list[dict[str, Any]]]], dialect: str) -> None:
        self._ask = ask
        self._is_sqlite = dialect == "sqlite"

    async def names(self) -> list[str]:
        """Return the names in the order in which rows can refer to each other."""
        found = await self._ask(
            "select name from sqlite_master where type = 'table' order by rowid"
            if self._is_sqlite
            else "select relname as name from pg_class where relkind = 'r'"
            " and relnamespace = 'public'::regnamespace order by oid"
        )
        return [each["name"] for each in found if each["name"] != "migrations"]

    async def columns(self, table: str) -> dict[str, str]:
        found = await self._ask(
            "select name, lower(type) as kind from pragma_table_info($1)"
            if self._is_sqlite
            else "select column_name as name, data_type as kind from information_schema.columns"
            " where table_schema = 'public' and table_name = $1",
            table,
        )
        return {each["name"]: each["kind"] for each in found}

    async def rows(self, table: str, columns: list[str]) -> list[str]:
        """Return the rows of a table as texts, in no order that means anything."""
        found = await self._ask(f"select {', '.join(columns)} from {table}")
        return sorted(repr(list(each.values())) for each in found)

    async def fill(self) -> None:
        """
        Give each table that has none a row with a value in each column.

        They are of a project of their own: no hub wrote them, and none has to understand them.
        """
        project = {"id": f"'prj_{_ANOTHER}'", "name": "'another'"}
        await self._copy("projects", project)
        await self._copy("accounts", {"id": f"'acc_{_ANOTHER}'", "project_id": f"'prj_{_ANOTHER}'"})
        for table in await self.names():
            kinds = await self.columns(table)
            if await self.rows(table, list(kinds)):
                continue
            row = {name: _VALUES[kind] for name, kind in kinds.items()}
            for other, name, key in await self._references(table):
                (found,) = await self._ask(
                    f"select {key} as key from {other} order by case"
                    f" when cast({key} as text) like '%{_ANOTHER}' then 0 else 1 end limit 1"
                )
                row[name] = found["key"]
            marks = ", ".join(f"${at}" for at in range(1, len(row) + 1))
            await self._ask(
                f"insert into {table} ({', '.join(row)}) values ({marks})", *row.values()
            )

    async def _copy(self, table: str, changes: dict[str, str]) -> None:
        columns = list(await self.columns(table))
        values = ", ".join(changes.get(each, each) for each in columns)
        await self._ask(
            f"insert into {table} ({', '.join(columns)}) select {values} from {table} limit 1"
        )

    async def all_rows(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return the columns of each table with its rows."""
        found: dict[str, tuple[list[str], list[str]]] = {}
        for table in await self.names():
            columns = list(await self.columns(table))
            found[table] = columns, await self.rows(table, columns)
        return found

    async def _references(self, table: str) -> list[tuple[str, str, str]]:
        found = await self._ask(
            'select "table" as other, "from" as name, "to" as key from pragma_foreign_key_list($1)'
            if self._is_sqlite
            else _REFERENCES,
            table,
        )
        return [(each["other"], each["name"], each["key"]) for each in found]

    @classmethod
    async def use(cls, file: Path, url: str | None, do: Callable[[Self], Awaitable[_T]]) -> _T:
        """Do something with the tables of a file, or of the database at `url`."""
        if url is None:
            with closing(sqlite3.connect(file, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row

                async def ask(sql: str, *values: object) -> list[dict[str, Any]]:
                    return [dict(each) for each in connection.execute(sql, values).fetchall()]

                return await do(cls(ask, "sqlite"))
        server = await asyncpg.connect(url)

        async def fetch(sql: str, *values: object) -> list[dict[str, Any]]:
            return [dict(each) for each in await server.fetch(sql, *values)]

        try:
            return await do(cls(fetch, "postgres"))
        finally:
            await server.close()
