"""`/dashboard/issues`: an operator sees what is wrong, mends it, and keeps the rest quiet."""

import re
from dataclasses import replace

import httpx2
import pytest

from jackfield.projects import service as projects
from tests.api.test_dashboard import sign_in
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock
from tests.support.issues import listed, look, run_of, write_log
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

PAGE = "/dashboard/issues"
BADGE = re.compile(r'Issues <span class="chip push" data-tone="bad">(\d+)</span>')
MARKUP = '<img src=x onerror="alert(1)">{{7*7}}{owner}'


async def opened(hub: Running, clock: FrozenClock, **wanted: str) -> tuple[str, str]:
    """Have an account with a refused key; return its id, and the path of its issue."""
    account_id = await hub.link(**wanted)
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = True
    await hub.run(account_id, "iterable_list_channels")
    await look(hub, clock)
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = False
    (issue,) = await listed(hub, f"?account_ids={account_id}")
    return account_id, f"{PAGE}/{issue['id']}"


async def browser(hub: Running) -> httpx2.AsyncClient:
    hub.api.auth = None
    await sign_in(hub)
    return hub.api


async def badge(hub: Running) -> int:
    found = BADGE.search((await hub.api.get("/dashboard")).text)
    return int(found[1]) if found else 0


async def test_a_card_says_what_happened_and_what_mends_it(
    hub: Running, clock: FrozenClock
) -> None:
    account_id, _ = await opened(hub, clock)

    page = (await (await browser(hub)).get(PAGE)).text

    assert "Iterable does not accept the credential of Acme Inc." in page
    assert "<code>key_disabled</code>" in page
    assert "iterable_list_channels" in page
    assert f'href="/dashboard/accounts/{account_id}"' in page
    assert "#create-a-server-side-api-key" in page
    assert 'href="https://app.iterable.com"' in page
    assert "Please connect it again" in page
    assert await badge(hub) == 1
    logs = re.search(r'href="(/dashboard/logs\?q=[^"]+)"', page)
    assert logs is not None
    assert "iterable_list_channels" in (await hub.api.get(logs[1])).text


async def test_a_reconnect_link_is_made_and_stands_in_the_text_for_the_customer(
    hub: Running, clock: FrozenClock
) -> None:
    _, path = await opened(hub, clock)

    page = (await (await browser(hub)).post(f"{path}/reconnect")).text

    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert text is not None
    link = re.search(r"https://hub\.test(/embedded/integrations\?token=\S+)", text[1])
    assert link is not None
    shown = await hub.api.get(link[1])
    assert shown.status_code == 200


async def test_an_issue_is_muted_unmuted_and_resolved_and_the_badge_follows(
    hub: Running, clock: FrozenClock
) -> None:
    _, path = await opened(hub, clock)
    api = await browser(hub)
    seen = list[tuple[str, int]]()

    for verb in ("mute", "unmute", "mute-week", "unmute", "resolve"):
        answer = await api.post(f"{path}/{verb}")
        assert (answer.status_code, answer.headers["location"]) == (303, path)
        tabs = {
            view: path in (await api.get(f"{PAGE}?view={view}")).text
            for view in ("open", "muted", "resolved")
        }
        seen.append((next(view for view in tabs if tabs[view]), await badge(hub)))

    assert seen == [("muted", 0), ("open", 1), ("muted", 0), ("open", 1), ("resolved", 0)]
    page = (await api.get(path)).text
    assert "resolved by hand (dashboard_session:" in page
    assert (await api.post(f"{path}/explode")).status_code == 404


async def test_the_badge_is_as_old_as_some_seconds_at_most(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    key = hub.api.auth
    await browser(hub)
    before = await badge(hub)
    hub.api.auth = key
    await write_log(hub, run_of(account_id, clock.now))
    await look(hub, clock)

    assert (before, await badge(hub)) == (0, 1)


async def test_names_and_messages_of_strangers_are_text(hub: Running, clock: FrozenClock) -> None:
    account_id = await hub.link(origin_owner_name=MARKUP, origin_owner_id=MARKUP)
    await write_log(hub, run_of(account_id, clock.now, message=MARKUP, action_id=MARKUP))
    await look(hub, clock)
    api = await browser(hub)

    pages = [(await api.get(path)).text for path in (PAGE, f"{PAGE}?account={MARKUP}")]

    assert "Iterable limits how often &lt;img src=x" in pages[0]
    assert "{{7*7}}{owner}" in pages[0]
    assert all("<img src=x" not in page for page in pages)
    assert "No open issue" in pages[1]


async def test_issues_are_shown_page_by_page_and_of_one_account(
    hub: Running, clock: FrozenClock
) -> None:
    accounts = [await hub.link(origin_owner_id=f"owner-{number}") for number in range(12)]
    await write_log(hub, *(run_of(each, clock.now) for each in accounts))
    await look(hub, clock)
    api = await browser(hub)

    first = (await api.get(PAGE)).text
    following = re.search(r'href="(\?[^"]+)" rel="next"', first)
    assert following is not None
    second = (await api.get(PAGE + following[1].replace("&amp;", "&"))).text
    one = (await api.get(f"{PAGE}?account={accounts[3]}")).text

    assert [each.count("<article") for each in (first, second, one)] == [10, 2, 1]
    assert 'rel="prev"' in second
    assert (await api.get(f"{PAGE}?after=iss_1")).status_code == 422


async def test_the_issue_of_a_deleted_account_still_says_whose_it_was(
    hub: Running, clock: FrozenClock
) -> None:
    account_id, path = await opened(hub, clock)
    await hub.api.delete(f"/accounts/{account_id}")
    await look(hub, clock)

    api = await browser(hub)

    page = (await api.get(path)).text
    assert "Acme Inc.</bdi>, deleted" in page
    assert "the account was deleted" in page
    assert (await api.post(f"{path}/reconnect")).status_code == 404


async def test_an_issue_of_another_project_is_neither_shown_nor_changed(
    hub: Running, clock: FrozenClock
) -> None:
    _, path = await opened(hub, clock)
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    await browser(replace(hub, project=theirs))

    answers = [await hub.api.get(path)]
    answers += [
        await hub.api.post(f"{path}/{verb}") for verb in ("resolve", "mute", "unmute", "reconnect")
    ]

    assert [each.status_code for each in answers] == [404] * 5
    assert "Acme" not in (await hub.api.get(PAGE)).text
    assert await badge(hub) == 0


async def test_a_stranger_and_a_post_from_another_site_change_nothing(
    hub: Running, clock: FrozenClock
) -> None:
    _, path = await opened(hub, clock)
    key, hub.api.auth = hub.api.auth, None
    stranger = await hub.api.post(f"{path}/resolve")
    await sign_in(hub)
    forged = await hub.api.post(f"{path}/resolve", headers={"sec-fetch-site": "cross-site"})

    hub.api.auth = key
    (issue,) = await listed(hub)
    assert (stranger.status_code, forged.status_code, issue["status"]) == (401, 403, "open")
