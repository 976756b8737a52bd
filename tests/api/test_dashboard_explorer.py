"""The Explorer: an account and an action are chosen, inputs filled in, and calls are made."""

import json
import re
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from jackfield.asgi import build_app
from jackfield.projects import service as projects
from jackfield.projects.models import DashboardToken
from jackfield.ui.dashboard.explorer.posted_call import MOST_BYTES
from tests.support.actor import TESTER
from tests.support.browsing import signed_in
from tests.support.explorer import PATH, ExplorerForm
from tests.support.running import PUBLIC_URL, Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

LISTS = "iterable_list_lists"
CREATE = "iterable_create_list"
SUBSCRIBE = "iterable_subscribe_users_to_list"


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    return await signed_in(hub)


async def logged(hub: Running) -> list[dict[str, Any]]:
    await hub.hub.write_buffer.flush()
    return (await hub.api.get("/jackfield/logs")).json()["data"]


async def test_an_account_is_searched_for_then_an_action_with_the_score_that_agents_get(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link()
    await hub.link(origin_owner_id="lumen", origin_owner_name="Lumen Labs")

    found = (await browser.get(f"{PATH}?find=acme")).text
    every = (await browser.get(f"{PATH}?account={account}")).text
    searched = (await browser.get(f"{PATH}?account={account}&q=who+is+on+a+list")).text
    ranking = await hub.api.post("/actions/search", json={"query": "who is on a list"})

    assert f"?account={account}" in found
    assert "Lumen Labs" not in found
    assert every.count("action=iterable_") > 100
    best = ranking.json()["results"][0]
    first = searched.partition("<tbody")[2].partition("</tr>")[0]
    assert best["action_name"] in first
    assert f"{best['similarity_score']:.2f}" in first


async def test_a_read_runs_at_once_and_shows_what_came_and_where_it_is_logged(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=LISTS)

    text = await form.press("run")
    (run,) = await logged(hub)

    session = DashboardToken(browser.cookies["jackfield_session"]).actor.id

    assert form.status == 200
    assert json.loads(form.element("result"))["data"][0]["name"]
    assert (run["source"], run["action"], run["key_id"]) == ("dashboard", LISTS, session)
    assert f"/dashboard/logs/{run['id']}" in form.text
    assert "at the provider" in text
    assert "content-type" in text
    assert hub.us_key not in form.text


async def test_a_dry_run_shows_the_request_without_credentials_and_sends_nothing(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=CREATE)

    await form.press("dry", {"name": "VIPs <b>"})

    request = form.element("request-1")
    assert request.startswith("POST https://api.iterable.com/api/lists")
    assert '"name": "VIPs <b>"' in request
    assert "api-key: redacted" in request.lower()
    assert hub.us_key not in form.text
    assert await logged(hub) == []


async def test_a_write_is_asked_about_and_done_once_for_each_second_press(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link()
    form = ExplorerForm(browser, account=account, action=CREATE)
    name = {"name": "Made by hand"}

    asked = await form.press("run", name)
    assert await logged(hub) == []
    question = form.text
    await form.press("sure", name)
    made = json.loads(form.element("result"))
    form.text = question
    await form.press("sure", name)
    again = json.loads(form.element("result"))
    runs = await logged(hub)

    assert "Write with the production account of Acme Inc.?" in asked
    assert CREATE in asked
    assert made == again
    assert [(each["source"], each["status_code"]) for each in runs] == [("dashboard", 200)]


async def test_inputs_that_were_changed_after_the_question_are_asked_about_again(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=CREATE)
    await form.press("run", {"name": "Asked about"})

    text = await form.press("sure", {"name": "Something else"})

    assert "Write with the production account" in text
    assert await logged(hub) == []
    await form.press("sure", {"name": "Something else"})
    assert len(await logged(hub)) == 1


async def test_a_second_press_without_the_first_is_a_question(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=CREATE)

    for verb in ("sure", "again", "next", "run"):
        await form.press(verb, {"name": "Unasked"}, fingerprint="", cursor="x")

    assert await logged(hub) == []


async def test_faults_stand_at_their_fields_and_what_was_filled_in_stays(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=SUBSCRIBE)
    inputs = {
        "listId": "many",
        "subscribers.0": "",
        "subscribers.0.email": "ada@example.com",
        "subscribers.0.dataFields": '{"a": }',
    }

    await form.press("run", inputs)
    assert form.text.count('aria-invalid="true"') == 1
    assert 'id="in.subscribers.0.dataFields-fault"' in form.text
    await form.press("run", {**inputs, "subscribers.0.dataFields": "{}"})

    assert form.status == 422
    assert 'aria-describedby="in.listId-fault in.listId-hint" aria-invalid="true"' in form.text
    assert 'value="many"' in form.text
    assert 'value="ada@example.com"' in form.text
    assert "invalid_inputs" in form.text


async def test_rows_of_a_list_are_added_and_removed_without_a_script(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=SUBSCRIBE)
    first = {"listId": "1", "subscribers.0": "", "subscribers.0.email": "a@b.c"}

    await form.press("more:in.subscribers", first)
    assert 'name="in.subscribers.1.email"' in form.text
    await form.press("less:in.subscribers.0", {**first, "subscribers.1": ""})

    assert 'name="in.subscribers.0.email"' not in form.text
    assert 'name="in.subscribers.1.email"' in form.text


async def test_form_and_json_change_into_each_other_and_lose_nothing(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=SUBSCRIBE)
    big = "12345678901234567890123456789"

    await form.press("json", {"listId": big, "subscribers.0.email": "a@b.c"})
    assert f'"listId": {big}' in form.plain
    assert form.hidden["view"] == "json"
    kept = await form.press("form", json='{"listId": null}')
    assert "The form cannot show these inputs" in kept
    await form.press("form", json=f'{{"listId": {big}}}')

    assert form.hidden["view"] == "form"
    assert f'value="{big}"' in form.text


@pytest.mark.parametrize("text", ["{", "[]", "7", '{"a": NaN}', '"\\ud800"', "[" * 5000])
async def test_json_that_is_no_object_is_a_fault_and_stays(
    hub: Running, browser: httpx2.AsyncClient, text: str
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=LISTS)

    plain = await form.press("run", view="json", json=text)

    assert form.status == 422
    assert 'id="json-fault"' in form.text
    assert text in plain
    assert await logged(hub) == []


async def test_more_than_the_page_takes_is_refused_with_what_to_do(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=LISTS)

    large = await form.press("run", view="json", json="x" * MOST_BYTES)
    assert form.status == 413
    assert "Send them to the API instead" in large
    response = await browser.post(PATH, content=b"\xff=1&do=run")
    assert response.status_code == 422


async def test_an_unknown_action_or_account_is_said_with_a_new_choice(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link()
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    assert theirs.id != hub.project.id

    unknown = await browser.get(f"{PATH}?account={account}&action=iterable_lists_all")
    missing = await browser.get(f"{PATH}?account=acc_none&action={LISTS}")
    other = await browser.get(f"{PATH}?account={account}&action=fernwood_get_company")
    posted = await browser.post(f"{PATH}?account=acc_none&action={LISTS}", data={"do": "run"})

    assert [each.status_code for each in (unknown, missing, other, posted)] == [404, 404, 400, 404]
    assert "action_not_found" in unknown.text
    assert "account_not_found" in missing.text
    assert 'id="find"' in missing.text
    assert await logged(hub) == []


@pytest.mark.parametrize("verb", ["dry", "run"])
async def test_a_suspended_account_is_said_to_be_so_before_and_after_a_press(
    hub: Running, browser: httpx2.AsyncClient, verb: str
) -> None:
    account = await hub.link()
    await browser.post(f"/dashboard/accounts/{account}/suspend")
    form = ExplorerForm(browser, account=account, action=LISTS)

    assert "The account is suspended" in await form.open()
    text = await form.press(verb)

    assert form.status == 412
    assert "account_not_usable" in text
    assert "What helps:" in text


async def test_a_call_is_saved_without_secrets_opened_by_its_link_and_changed(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link()
    form = ExplorerForm(browser, account=account, action=CREATE)

    await form.press(
        "save", {"name": f"VIPs {hub.us_key}", "description": "d"}, name="VIPs", with_account="yes"
    )
    assert form.status == 303
    saved = (await browser.get(form.location)).text
    call_id = form.location.partition("saved=")[2].partition("&")[0]
    listed = (await browser.get(PATH)).text
    await browser.post(f"{PATH}/saved/{call_id}/rename", data={"name": "Renamed"})
    again = ExplorerForm(browser, saved=call_id)
    assert "Renamed" in await again.open()
    await again.press("update", {"name": "B"}, name="Changed")
    opened = (await browser.get(f"{PATH}?saved={call_id}")).text
    await browser.post(f"{PATH}/saved/{call_id}/delete")
    gone = await browser.get(f"{PATH}?saved={call_id}")

    assert hub.us_key not in saved
    assert "Left out of what was saved, because it is secret: 1." in saved
    assert f"?saved={call_id}" in listed
    # Without the account it asks for one.
    assert "Choose an account" in opened
    assert gone.status_code == 404


async def test_a_name_that_is_missing_keeps_what_was_filled_in(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    form = ExplorerForm(browser, account=await hub.link(), action=CREATE)

    text = await form.press("save", {"name": "Filled in"}, name=" ")

    assert form.status == 422
    assert "A saved call needs a name" in text
    assert 'value="Filled in"' in form.text


async def test_a_run_is_prepared_again_with_the_inputs_that_were_kept(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    account = await hub.link()
    await hub.run(account, CREATE, body={"name": "Kept", "description": hub.us_key})
    await hub.hub.write_buffer.flush()
    (run,) = await logged(hub)

    page = (await browser.get(f"/dashboard/logs/{run['id']}")).text
    prepared = (await browser.get(f"{PATH}?run={run['id']}")).text

    assert f"/dashboard/explorer?run={run['id']}" in page
    assert 'value="Kept"' in prepared
    assert "Left out, because the log has no secrets: description." in prepared
    assert len(await logged(hub)) == 1


async def test_it_is_reached_from_an_account_and_from_an_action_of_a_connector(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link()

    account_page = (await browser.get(f"/dashboard/accounts/{account}")).text
    connector_page = (await browser.get("/dashboard/connectors/iterable")).text
    chosen = (await browser.get(f"{PATH}?action={LISTS}")).text

    assert f"/dashboard/explorer?account={account}" in account_page
    assert f"/dashboard/explorer?action={LISTS}" in connector_page
    assert f"?account={account}&amp;action={LISTS}" in chosen.replace(
        f"?action={LISTS}&amp;account={account}", f"?account={account}&amp;action={LISTS}"
    )


async def test_behind_a_path_every_address_is_below_it(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    account = await hub.link()
    below = replace(hub.hub, public_url=f"{PUBLIC_URL}/under")
    async with httpx2.AsyncClient(
        base_url=PUBLIC_URL,
        transport=httpx2.ASGITransport(app=build_app(below)),
        headers={"origin": PUBLIC_URL},
        cookies=browser.cookies,
    ) as proxied:
        form = ExplorerForm(proxied, account=account, action=CREATE)
        texts = [(await proxied.get(PATH)).text]
        for verb in ("run", "sure"):
            await form.press(verb, {"name": "Below"})
            texts.append(form.text)
        await form.press("save", {"name": "Below"}, name="Below")

    addresses = re.findall(r' (?:href|action|formaction|src)="([^"]*)"', "".join(texts))
    assert {each for each in addresses if not each.startswith(("/under/", "#"))} == set()
    assert f"{PUBLIC_URL}/under/actions/rpc" in texts[-1]
    assert form.location.startswith("/under/dashboard/explorer?saved=")
