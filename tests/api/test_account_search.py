"""Accounts are found by words, by filters and in an order, on the API and on the dashboard."""

from datetime import timedelta
from typing import Any

import pytest

from jackfield.accounts.search.models import AccountSearch, AccountSort
from jackfield.accounts.search.repo import FindableAccounts
from jackfield.worker import account_words
from tests.api.test_account_use import add
from tests.api.test_dashboard import sign_in
from tests.support.accounts import link
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def found(hub: Running, **search: Any) -> list[str]:
    async with hub.hub.db.read(hub.project.id) as tx:
        page = await FindableAccounts(tx).page(AccountSearch(**search), number=1, size=25)
    return [account.id for account in page.accounts]


async def test_an_account_is_found_by_the_beginnings_of_words_whatever_their_case_and_accents(
    hub: Running,
) -> None:
    zoe = await link(hub, origin_owner_id="cus-4711", origin_owner_name="Zoë Brückner GmbH")
    tokyo = await link(hub, origin_owner_id="tk", origin_owner_name="東京商店")
    await hub.api.patch(f"/accounts/{zoe}", json={"label": "Newsletter EU"})
    await hub.api.patch(f"/accounts/{tokyo}", json={"origin_username": "ada@lovelace.example"})

    assert await found(hub, text="zoe bruck") == [zoe]
    assert await found(hub, text="GMBH, newsl") == [zoe]
    assert await found(hub, text="cus-4711") == [zoe]
    assert await found(hub, text=zoe) == [zoe]
    assert await found(hub, text="商店") == [tokyo]
    assert await found(hub, text="ada@love") == [tokyo]
    assert await found(hub, text="zoe nobody") == []


async def test_a_word_that_an_account_no_longer_has_does_not_find_it(hub: Running) -> None:
    account = await link(hub, origin_owner_name="Old Name")

    await hub.api.patch(f"/accounts/{account}", json={"origin_owner_name": "New Name"})

    assert await found(hub, text="old") == []
    assert await found(hub, text="new") == [account]
    await hub.api.delete(f"/accounts/{account}")
    assert await found(hub, text="new") == []


async def test_accounts_are_filtered_by_all_that_they_are(hub: Running) -> None:
    good = await link(hub, origin_owner_id="good")
    paused = await link(hub, origin_owner_id="paused")
    test = await link(hub, origin_owner_id="tested", type="test")
    await hub.api.post(f"/jackfield/accounts/{paused}/suspend")
    profile = (await hub.api.get(f"/accounts/{good}")).json()["connector_profile_id"]

    assert await found(hub, statuses=("suspended",)) == [paused]
    assert await found(hub, reasons=("suspended",)) == [paused]
    assert await found(hub, types=("test",)) == [test]
    assert await found(hub, providers=("iterable",), statuses=("active",)) == [test, good]
    assert await found(hub, profile_ids=(profile,)) == [test, paused, good]
    assert await found(hub, environments=("elsewhere",)) == []
    assert await found(hub, origin_owner_ids=("good", "tested")) == [test, good]


async def test_accounts_are_filtered_by_when_they_were_linked_and_used(
    hub: Running, clock: FrozenClock
) -> None:
    old = await link(hub, origin_owner_id="old")
    used = await link(hub, origin_owner_id="used")
    clock.advance(seconds=40 * 86400)
    new = await link(hub, origin_owner_id="new")
    await hub.run(used, "iterable_list_lists")
    await hub.hub.write_buffer.flush()
    now = hub.hub.clock()

    assert await found(hub, created_since=now - timedelta(days=1)) == [new]
    assert await found(hub, created_until=now - timedelta(days=1)) == [used, old]
    assert await found(hub, unused_days=30) == [old]
    assert await found(hub, sort=AccountSort.USED) == [used, new, old]


async def test_accounts_are_sorted_by_customer_and_by_failures(hub: Running) -> None:
    zed = await link(hub, origin_owner_id="1", origin_owner_name="Zed")
    abe = await link(hub, origin_owner_id="2", origin_owner_name="abe")
    fine = await link(hub, origin_owner_id="3", origin_owner_name="Fine")
    for account, hours in ((zed, 1), (zed, 2), (abe, 3), (fine, 30)):
        add(hub, account, timedelta(hours=hours))
    await hub.hub.write_buffer.flush()

    assert await found(hub, sort=AccountSort.CUSTOMER) == [abe, fine, zed]
    assert await found(hub, sort=AccountSort.CUSTOMER, is_reversed=True) == [zed, fine, abe]
    assert await found(hub, sort=AccountSort.FAILURES) == [zed, abe]
    assert await found(hub, is_failing=True, text="abe") == [abe]


async def test_what_many_accounts_have_is_searched_as_well_as_what_few_have(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jackfield.accounts.search.repo.FEW", 1)
    monkeypatch.setattr("jackfield.accounts.search.repo.WALKS", (2, 3))
    accounts = [
        await link(hub, origin_owner_id=f"owner {place}", origin_owner_name=f"Owner {4 - place}")
        for place in range(4)
    ]

    async with hub.hub.db.read(hub.project.id) as tx:
        repo = FindableAccounts(tx)
        words = AccountSearch(text="owner")
        first = await repo.page(words, number=1, size=2)
        used = await repo.page(AccountSearch(text="owner", sort=AccountSort.USED), number=1, size=1)
        last = await repo.page(words, number=2, size=2)
        dates = await repo.page(
            AccountSearch(text="owner", created_until=hub.hub.clock()), number=1, size=2
        )
        plain = await repo.page(AccountSearch(statuses=("active",)), number=2, size=2)
        every = await repo.ids(AccountSearch(text="owner", types=("production",)), most=10)

    assert [each.id for each in first.accounts] == accounts[:1:-1]
    assert first.has_more
    assert not first.is_counted
    assert used.has_more
    assert [each.id for each in last.accounts] == [accounts[1]]
    assert last.is_partial
    assert [each.id for each in dates.accounts] == accounts[:1:-1]
    assert [each.id for each in plain.accounts] == accounts[1::-1]
    assert every == sorted(accounts)


async def test_accounts_of_the_version_before_are_found_once_they_are_prepared(
    hub: Running,
) -> None:
    account = await link(hub, origin_owner_name="Quondam")
    await hub.api.post(f"/jackfield/accounts/{account}/suspend")
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        for statement in (
            "delete from account_words where project_id = :project_id",
            "delete from account_uses where project_id = :project_id",
            "update accounts set words_at = null, reason = '' where project_id = :project_id",
        ):
            await tx.run(statement)
    add(hub, account, timedelta(days=3))
    await hub.hub.write_buffer.flush()
    await sign_in(hub)
    assert "being prepared" in (await hub.api.get("/dashboard")).text
    assert await found(hub, text="quondam") == []

    await account_words.prepare(hub.hub)

    assert await found(hub, text="quondam") == [account]
    assert await found(hub, reasons=("suspended",)) == [account]
    assert "being prepared" not in (await hub.api.get("/dashboard")).text
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        used = await tx.one("select last_run_id from account_uses where project_id = :project_id")
    assert used is not None
    assert used["last_run_id"].startswith("run_")


async def test_the_api_searches_accounts_page_by_page(hub: Running) -> None:
    for place in range(3):
        await link(hub, origin_owner_id=str(place), origin_owner_name="Same name")

    page = (await hub.api.get("/jackfield/accounts?q=same&page_size=2")).json()
    rest = (await hub.api.get("/jackfield/accounts?q=same&page_size=2&page=2")).json()
    wrong = await hub.api.get("/jackfield/accounts?sort=size")

    assert [each["origin_owner_id"] for each in page["data"]] == ["2", "1"]
    assert page | {"data": []} == {
        "data": [],
        "total": 3,
        "is_counted": True,
        "has_more": True,
        "is_partial": False,
    }
    assert [each["origin_owner_id"] for each in rest["data"]] == ["0"]
    assert wrong.status_code == 422


async def test_the_address_of_the_page_holds_the_search_and_each_filter_can_be_taken_out(
    hub: Running,
) -> None:
    await link(hub, origin_owner_id="acme", origin_owner_name="Acme")
    other = await link(hub, origin_owner_id="other", origin_owner_name="Other")
    await sign_in(hub)

    page = (await hub.api.get("/dashboard?q=acme&status=active&unused=0&sort=customer")).text
    nothing = (await hub.api.get("/dashboard?q=acme&type=test")).text
    unfit = await hub.api.get("/dashboard?status=odd&from=odd&unused=odd&sort=odd&page=odd")

    assert other not in page
    assert 'href="?q=acme&amp;sort=customer" aria-label="Remove Status active"' in page
    assert 'aria-sort="ascending"' in page
    assert "No account matches" in nothing
    assert "Clear filters" in nothing
    assert other in unfit.text


async def test_a_hub_without_accounts_leads_to_linking_a_test_account(hub: Running) -> None:
    await sign_in(hub)

    page = (await hub.api.get("/dashboard")).text
    form = (await hub.api.get("/dashboard/link?type=test")).text

    assert "No account has been linked yet" in page
    assert 'href="/dashboard/link?type=test"' in page
    assert 'name="type" value="test" checked' in form
