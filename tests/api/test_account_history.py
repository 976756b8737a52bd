"""An account's page tells what happened to it, who did it, and what mends it now."""

import re
from datetime import timedelta

import httpx2
import pytest

from jackfield.accounts.history.models import ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.tokens.models import TokenState
from jackfield.accounts.tokens.repo import AccountTokens
from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.ids import AccountId
from jackfield.ui.dashboard.actors import described, described_text
from tests.api.test_account_use import add
from tests.support.accounts import link
from tests.support.actor import TESTER
from tests.support.browsing import signed_in
from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def kinds(hub: Running, account: str) -> list[str]:
    async with hub.hub.db.read(hub.project.id) as tx:
        changes = await AccountHistory(tx).newest(AccountId(account), most=100)
    return [each.kind.value for each in changes]


async def page_of(browser: httpx2.AsyncClient, account: str) -> str:
    response = await browser.get(f"/dashboard/accounts/{account}")
    assert response.status_code == 200, response.text
    return response.text


def moments(text: str) -> list[str]:
    found = re.search(r'<ol class="timeline".*?</ol>', text, re.DOTALL)
    assert found is not None
    return [
        " ".join(re.sub(r"<time.*?</time>|<[^>]+>", "", each).split())
        for each in re.findall(r"<li.*?</li>", found[0], re.DOTALL)
    ]


async def test_the_history_says_what_was_done_and_by_whom(hub: Running, clock: FrozenClock) -> None:
    account = await link(hub)
    await hub.api.patch(f"/accounts/{account}", json={"label": "Mine", "shared": True})
    clock.advance(seconds=1)
    await hub.api.post(f"/jackfield/accounts/{account}/suspend")
    clock.advance(seconds=1)
    browser = await signed_in(hub)
    await browser.post(f"/dashboard/accounts/{account}/resume")
    clock.advance(seconds=1)
    await browser.post(f"/dashboard/accounts/{account}/check")

    told = moments(await page_of(browser, account))

    assert await kinds(hub, account) == ["checked", "resumed", "suspended", "edited", "linked"]
    assert told[0].startswith("Checked: the provider accepts the credential, by an operator")
    assert told[1] == "Resumed, by an operator on the dashboard"
    assert told[2].startswith("Suspended, by API key ")
    assert told[3].startswith("Edited: label, shared, by API key ")
    assert told[4] == "Linked, by the customer in the Hub"


async def test_whoever_changed_an_account_its_page_says_so(hub: Running) -> None:
    account = AccountId(await link(hub))
    actors = [Actor(kind, "someone", name="Ada") for kind in ActorKind]
    for actor in actors:
        async with hub.hub.db.write(hub.project.id, actor) as tx:
            await AccountHistory(tx).add(account, ChangeKind.SUSPENDED)

    told = moments(await page_of(await signed_in(hub), account))

    by = [described(actor, {}) for actor in actors]
    assert {f"Suspended, by {each}" for each in by} <= set(told)
    assert by == [described_text(str(actor), {}) for actor in actors]
    assert "the member Ada" in by


async def test_a_token_is_shown_with_what_was_granted_and_what_actions_need_besides(
    hub: Running, clock: FrozenClock
) -> None:
    account = AccountId(await link(hub))
    # Its provider would have asked for a sign-in.
    await hub.hub.db.unscoped("update accounts set provider = 'fernwood'")
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        now, later = clock(), clock() + timedelta(hours=1)
        granted = ("people.read", "documents.write")
        state = TokenState(account, 1, 1, now, expires_at=later, scopes=granted)
        await AccountTokens(tx).put(state)

    text = await page_of(await signed_in(hub), account)

    card = text.partition('id="tokens-title"')[2].partition("</section>")[0]
    shown = " ".join(re.sub(r"<[^>]+>", " ", card).split())
    assert "Scopes people.read, documents.write" in shown
    # Who may write documents may read them.
    assert "Not granted absence.read 1 action needs it" in shown
    assert "documents.read" not in shown


async def test_of_what_happens_by_itself_only_the_last_is_kept(hub: Running) -> None:
    account = AccountId(await link(hub))
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        for kind in (ChangeKind.CHECKED, ChangeKind.RENEWED) * 7:
            await AccountHistory(tx).add(account, kind)

    found = await kinds(hub, account)

    assert found.count("checked") == 1
    assert found.count("renewed") == 5
    assert found[-1] == "linked"


async def test_an_account_that_has_to_be_linked_again_has_a_text_for_its_owner(
    hub: Running,
) -> None:
    account = await hub.link(origin_owner_name="Acme")
    async with hub.hub.db.write(hub.project.id, TESTER) as tx:
        await tx.run(
            """
            update accounts set status = 'error'
             where project_id = :project_id and id = :id
            """,
            id=account,
        )
    browser = await signed_in(hub)

    before = await page_of(browser, account)
    made = (await browser.post(f"/dashboard/accounts/{account}/reconnect")).text

    assert "no longer accepts the access that we were given for Acme" in before
    assert "Put a reconnect link into it" in before
    words = re.search(r'id="message-words"[^>]*>(.*?)</textarea>', made, re.DOTALL)
    assert words is not None
    assert "https://hub.test/" in words[1]


async def test_the_latest_run_comes_first_and_an_old_failure_does_not_shout(hub: Running) -> None:
    account = await hub.link()
    add(hub, account, timedelta(hours=2))
    add(hub, account, timedelta(hours=1), success=True)
    await hub.hub.write_buffer.flush()
    browser = await signed_in(hub)

    text = await page_of(browser, account)

    runs = text[text.index('aria-label="Recent runs"') :]
    assert runs.index("> 200<") < runs.index("> 502<")
    assert "Ask the customer to link it again" not in text
