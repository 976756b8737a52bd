"""Accounts are found by what an operator knows of them."""

import pytest

from jackfield.accounts.lookup.repo import find_accounts
from jackfield.projects import service as projects
from tests.support.actor import TESTER
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def found(
    hub: Running, words: str, *, provider: str | None = None, most: int = 20
) -> list[str]:
    async with hub.hub.db.read(hub.project.id) as tx:
        accounts = await find_accounts(tx, words, provider=provider, most=most)
    return sorted(each.origin_owner_name for each in accounts)


async def test_an_account_is_found_by_customer_label_and_id(hub: Running) -> None:
    first = await hub.link(origin_owner_id="acme-1", origin_owner_name="Ácme Foods", label="Main_1")
    await hub.link(origin_owner_id="lumen", origin_owner_name="Lumen Labs 100%")
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")

    for words in ("acme-1", "foods Ácme", "FOODS", "main_1", first, first[-8:].lower(), "Ácme 1"):
        assert await found(hub, words) == ["Ácme Foods"], words
    for words in ("100%", "lumen", "labs  lumen"):
        assert await found(hub, words) == ["Lumen Labs 100%"], words
    for words in ("mainx1", "%", "null", "acme lumen"):
        expected = ["Lumen Labs 100%"] if words == "%" else []
        assert await found(hub, words) == expected, words
    assert await found(hub, " ") == ["Lumen Labs 100%", "Ácme Foods"]
    assert len(await found(hub, "a", most=1)) == 1
    assert await found(hub, "acme-1", provider="fernwood") == []
    assert await found(hub, "foods", provider="fernwood") == []
    assert await found(hub, "foods", provider="iterable") == ["Ácme Foods"]
    async with hub.hub.db.read(theirs.id) as tx:
        assert await find_accounts(tx, "acme", provider=None, most=5) == []
