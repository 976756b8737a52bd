"""Migrations only add: a process of the version before goes on while they are applied."""

import re

import pytest

from jackfield.db.migrate import Migration, migrations

ADDITIONS = (
    r"create table \w+ \(",
    r"create (?:unique )?index \w+ on ",
    # An index holds nothing that a statement names.
    r"drop index \w+$",
    # A row of the version before has no value for it.
    r"alter table \w+ add column \w+ \w+(?: not null default .+)?$",
    r"insert into \w+ ",
)


def other_changes(migration: Migration) -> list[str]:
    """Return the statements that do more than add."""
    plain = (re.sub(r"\s+", " ", re.sub(r"--.*", "", each)) for each in migration.statements)
    return [each for each in plain if not re.match(rf"\s*(?:{'|'.join(ADDITIONS)})", each)]


@pytest.mark.parametrize("migration", migrations(), ids=lambda migration: str(migration.number))
def test_a_migration_leaves_what_the_version_before_it_uses(migration: Migration) -> None:
    assert other_changes(migration) == []


@pytest.mark.parametrize(
    "statement",
    [
        "alter table runs drop column mode",
        "alter table runs rename column mode to manner",
        "alter table runs alter column mode set not null",
        "alter table runs add column manner text not null",
        "drop table runs",
        "delete from runs where true",
    ],
)
def test_a_migration_that_takes_something_away_is_found(statement: str) -> None:
    assert other_changes(Migration(9999, "x", f"{statement};\n")) == [statement]
