"""Accounts that an earlier version of the hub wrote, which a search would not find: prepares them."""

from typing import Final

from jackfield.accounts.models import AccountFilter, AccountPage
from jackfield.accounts.repo import Accounts
from jackfield.accounts.words.repo import UnpreparedAccounts, find_unprepared_project
from jackfield.kit.actor import Actor
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("account_words")
# In one transaction: so few that other writers hardly wait.
_AT_ONCE: Final = 500


async def prepare(hub: Hub, *, at_once: int = _AT_ONCE) -> None:
    """Prepare all accounts that a search does not find by their words yet."""
    while project_id := await find_unprepared_project(hub.db):
        more = True
        while more:
            async with hub.db.write(project_id, ACTOR) as tx:
                found = await UnpreparedAccounts(tx).claim(most=at_once)
                if found:
                    only = AccountFilter(ids=tuple(found))
                    page = await Accounts(tx).page(AccountPage(1, len(found), only))
                    await UnpreparedAccounts(tx).prepare(page)
            more = len(found) == at_once
