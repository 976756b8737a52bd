"""The statements that `Completeness` compares with what PostgreSQL was given."""

from tests.support.statements import written


def test_the_statements_of_the_hub_are_found() -> None:
    found = {str(each).split("/", maxsplit=1)[0] for each in written()}

    assert {"accounts", "db", "idempotency", "worker"} <= found
    assert len(written()) > 100


def test_what_only_sqlite_can_be_given_is_not_among_them() -> None:
    assert not [each for each in written() if each.file.name.startswith("sqlite")]
