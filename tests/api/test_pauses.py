"""Pauses by customers and suspensions by projects, in every order."""

from collections.abc import Awaitable, Callable
from itertools import product

import pytest

from jackfield.accounts import pauses
from jackfield.accounts import service as accounts
from jackfield.accounts.models import Account, PausedByOwner, SuspendedByProject
from jackfield.accounts.repo import Accounts
from jackfield.db.tx import Tx
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def pause(tx: Tx, account_id: str) -> Account:
    return await pauses.pause(tx, await Accounts(tx).get_of_owner("acme", account_id))


async def unpause(tx: Tx, account_id: str) -> Account:
    return await pauses.resume(tx, await Accounts(tx).get_of_owner("acme", account_id))


# Each with what it makes of: is paused by the customer, is suspended by the project.
DEEDS: dict[Callable[[Tx, str], Awaitable[Account]], Callable[[bool, bool], tuple[bool, bool]]] = {
    pause: lambda _paused, suspended: (True, suspended),
    unpause: lambda _paused, suspended: (False, suspended),
    accounts.suspend: lambda paused, _suspended: (paused, True),
    accounts.resume: lambda paused, _suspended: (paused, False),
}


@pytest.mark.slow
async def test_whatever_both_do_an_account_runs_if_neither_wants_it_stopped(hub: Running) -> None:
    account_id = await hub.link()
    expected = (False, False)

    for deeds in product(DEEDS, repeat=3):
        for deed in deeds:
            expected = DEEDS[deed](*expected)
            async with hub.hub.db.write(hub.project.id, TESTER) as tx:
                try:
                    await deed(tx, account_id)
                except PausedByOwner:
                    assert deed is accounts.resume
                except SuspendedByProject:
                    assert deed is unpause
                account = await Accounts(tx).get(account_id)
            codes = {each.code for each in account.status_reasons}
            assert codes == {
                *({"paused_by_owner"} if expected[0] else ()),
                *({"suspended"} if expected[1] else ()),
            }
            assert (account.status.value == "active") is (expected == (False, False))
