"""PostgreSQL is given every statement of the hub by some test, though most tests run on SQLite."""

import pytest

from tests.conftest import SELECTED
from tests.support.statements import Carried, written


def test_the_statements_of_the_hub_are_found() -> None:
    assert {"accounts", "db", "idempotency", "worker"} <= {
        str(each).split("/")[0] for each in written()
    }


@pytest.mark.xdist_group("database")
def test_postgresql_was_given_every_statement(
    carried: Carried, request: pytest.FixtureRequest
) -> None:
    """Mark a test that reaches the missing statement with `database`."""
    if request.config.stash.get(SELECTED, False):
        pytest.skip("only a run of all tests can tell")

    assert carried.missing() == []
