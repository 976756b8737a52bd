"""`jackfield accounts`: accounts are found, and something is done with all of them, by command."""

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.test_commands import link

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_accounts_are_found_and_suspended_by_command(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    account = await link(jackfield, served, sandbox)

    found = await jackfield("accounts", "list", "--search", "acm", "--json", **served)
    sorted_ = await jackfield("accounts", "list", "--sort", "customer", **served)
    nothing = await jackfield("accounts", "list", "--search", "nobody", **served)
    wrong = await jackfield("accounts", "each", "delete", "--expect", "2", **served)
    done = await jackfield(
        "accounts", "each", "suspend", "--search", "acm", "--expect", "1", **served
    )
    status = await jackfield("accounts", "show", account, "--json", **served)

    assert [each["id"] for each in found.json] == [account]
    assert account in sorted_.out
    assert "no account matches" in nothing.out + nothing.err
    assert wrong.status != 0
    assert "account_count_differs" in wrong.err or "was not confirmed" in wrong.err
    assert done.status == 0, done.err
    assert done.out.startswith("done: 1 of 1, 0 failed")
    assert status.json["status"] == "suspended"


async def test_a_link_is_made_for_each_account_that_is_to_be_linked_again(
    jackfield: Command, served: dict[str, str], sandbox: Sandbox
) -> None:
    account = await link(jackfield, served, sandbox)

    made = await jackfield("accounts", "links", "--search", "acm", "--json", **served)
    none = await jackfield("accounts", "links", "--reason", "credentials_unreadable", **served)
    all_ = await jackfield("accounts", "links", **served)

    (only,) = made.json
    assert (only["account_id"], only["provider"]) == (account, "iterable")
    assert only["auth_link_url"].startswith(served["URL"])
    assert (none.status, "no account matches" in none.out + none.err) == (0, True)
    assert (all_.status, "say which accounts" in all_.err) == (2, True)
