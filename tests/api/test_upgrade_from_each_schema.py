"""An installation of each schema since the earliest one that is kept is upgraded with its data."""

from pathlib import Path

import pytest

from jackfield.installation import open_database
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.settings import Settings
from tests.support.clock import FrozenClock
from tests.support.earlier import lay_out, opened
from tests.support.schemas import SCHEMAS, Tables, migrate_to

# On PostgreSQL a database of its own for each.
pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.database]


@pytest.mark.parametrize("number", SCHEMAS)
async def test_an_installation_of_each_schema_is_upgraded_with_all_that_it_holds(
    number: int,
    bare_database_url: str | None,
    data_dir: Path,
    clock: FrozenClock,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, url = data_dir / "jackfield.db", bare_database_url
    settings = Settings(data_dir=data_dir, database_url=url)
    facts = await lay_out(data_dir, url)
    await migrate_to(number, settings, clock, monkeypatch)
    await Tables.use(file, url, Tables.fill)
    before = await Tables.use(file, url, Tables.all_rows)

    async with open_database(settings, clock=clock) as db:
        await db.migrate()
        left = await db.pending()

    async def after(tables: Tables) -> dict[str, list[str]]:
        return {name: await tables.rows(name, columns) for name, (columns, _) in before.items()}

    kept = await Tables.use(file, url, after)
    clock.advance(hours=1)
    async with opened(facts, data_dir, url, clock, sandbox) as earlier:
        async with earlier.api as api:
            accounts = await api.get("/accounts")
            logs = await api.get("/requests/logs")
            runs = await api.get("/jackfield/logs")
        ran = [
            await earlier.run(facts["iterable"]["account_id"], "iterable_list_channels"),
            await earlier.run(facts["acme"]["account_id"], "acme_list_things"),
        ]

    assert left == []
    assert all(rows for _, rows in before.values())
    # A migration may add rows, and loses or changes none.
    assert [name for name, (_, rows) in before.items() if not set(rows) <= set(kept[name])] == []
    assert {each["id"] for each in accounts.json()} >= {
        facts[name]["account_id"] for name in ("iterable", "acme")
    }
    assert (logs.status_code, runs.status_code) == (200, 200)
    assert [each.status_code for each in ran] == [200, 200], [each.text for each in ran]
