"""`jackfield audit --project` finds the log of a project that was deleted, by its name or its id."""

import json
from pathlib import Path

import pytest

from jackfield.db.tx import Database
from jackfield.installation import open_database
from jackfield.settings import Settings
from tests.cli.conftest import Command, Said
from tests.cli.test_shredding import PLACES, of

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
async def here(jackfield: Command, data_dir: Path, database_url: str | None) -> dict[str, str]:
    """Make an installation with the project `default`, and return where it is."""
    place = of(database_url, data_dir)
    made = await jackfield("keys", "create", "--name", "first", **place)
    assert made.status == 0, made.err
    return place


def chains_of(said: Said) -> set[str]:
    assert said.status == 0, said.err
    records = [json.loads(line).get("record") for line in said.out.splitlines()]
    return {each["chain"] for each in records if each}


async def made_and_deleted(jackfield: Command, name: str, here: dict[str, str]) -> str:
    made = await jackfield("projects", "create", name, "--json", **here)
    gone = await jackfield("projects", "delete", name, "--yes", **here)
    assert (made.status, gone.status) == (0, 0), made.err + gone.err
    return made.json["id"]


@pytest.mark.parametrize("database_url", PLACES, indirect=True)
async def test_the_log_of_a_deleted_project_is_found_by_name_and_by_id(
    jackfield: Command, here: dict[str, str]
) -> None:
    first = await made_and_deleted(jackfield, "staging", here)

    named = await jackfield("audit", "export", "--project", "staging", **here)
    by_id = await jackfield("audit", "export", "--project", first, **here)
    verified = await jackfield("audit", "verify", "--project", "staging", "--json", **here)
    unknown = await jackfield("audit", "export", "--project", "stagnig", **here)
    second = await made_and_deleted(jackfield, "staging", here)
    several = await jackfield("audit", "export", "--project", "staging", **here)
    one = await jackfield("audit", "export", "--project", second, **here)
    third = (await jackfield("projects", "create", "staging", "--json", **here)).json["id"]
    living = await jackfield("audit", "export", "--project", "staging", **here)

    assert chains_of(named) == chains_of(by_id) == {first}
    assert [each["chain"] for each in verified.json["chains"]] == [first]
    assert (unknown.status, "[project_not_found]" in unknown.err) == (1, True)
    assert (several.status, several.out) == (1, "")
    assert "[project_ambiguous]" in several.err
    assert first in several.err
    assert second in several.err
    assert chains_of(one) == {second}
    assert chains_of(living) == {third}
    assert f"were called 'staging' as well: {first}, {second}" in living.err


async def test_a_project_that_is_called_by_the_id_of_another_does_not_hide_its_log(
    jackfield: Command, here: dict[str, str]
) -> None:
    gone = await made_and_deleted(jackfield, "staging", here)
    made = await jackfield("projects", "create", gone, "--json", **here)

    by_id = await jackfield("audit", "export", "--project", gone, **here)
    other = await jackfield("audit", "export", "--project", made.json["id"], **here)

    assert chains_of(by_id) == {gone}
    assert chains_of(other) == {made.json["id"]}


@pytest.mark.parametrize("database_url", PLACES, indirect=True)
async def test_a_project_whose_deletion_was_cut_off_is_still_found_by_its_name(
    jackfield: Command, here: dict[str, str]
) -> None:
    made = await jackfield("projects", "create", "staging", "--json", **here)
    place = {"data_dir": Path(here["DATA_DIR"]), "database_url": here.get("DATABASE_URL")}
    async with open_database(Settings(**place)) as db:
        await begin_deletion(db)

    found = await jackfield("audit", "export", "--project", "staging", **here)

    assert chains_of(found) == {made.json["id"]}


async def begin_deletion(db: Database) -> None:
    await db.unscoped("update projects set deleted_at = :now where name = 'staging'")
