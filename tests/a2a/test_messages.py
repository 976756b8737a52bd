import json
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot

from jackfield.sandbox.iterable.server import Sandbox
from tests.a2a.conftest import Ask, post, refusal, result, rpc, said
from tests.support.clock import FrozenClock
from tests.support.files import PDF, hub_with_files
from tests.support.running import Running, running_hub
from tests.support.scripted import reply, scripted

pytestmark = pytest.mark.anyio

SEEDED = "avery.abbott@example.com"
BY_EMAIL = {"action": "iterable_get_user_by_email", "query": {"email": SEEDED}}


async def test_a_data_part_runs_the_action_it_names(hub: Running, run: Ask) -> None:
    account = await hub.link()

    task = await run(account, BY_EMAIL, message={"contextId": "talk-7"})

    assert result(task)["data"]["email"] == SEEDED
    assert result(task)["next"] is None
    assert (task["kind"], task["contextId"]) == ("task", "talk-7")
    assert task["artifacts"][0]["name"] == "iterable_get_user_by_email"


async def test_a_text_that_is_a_data_part_written_out_runs_it_too(hub: Running, ask: Ask) -> None:
    account = await hub.link()

    task = await ask("message/send", said(json.dumps(BY_EMAIL)), x_account_id=account)

    assert result(task)["data"]["email"] == SEEDED


async def test_data_goes_before_the_text_beside_it(hub: Running, ask: Ask) -> None:
    account = await hub.link()

    task = await ask("message/send", said("Look her up.", BY_EMAIL), x_account_id=account)

    assert result(task)["data"]["email"] == SEEDED


async def test_pages_are_followed_by_their_cursor(hub: Running, run: Ask) -> None:
    account = await hub.link()

    async def page(**query: Any) -> Any:
        return result(await run(account, {"action": "iterable_list_campaigns", "query": query}))

    first = await page(page_size=3)
    second = await page(page_size=3, next=first["next"])

    assert len(first["data"]) == len(second["data"]) == 3
    assert first["data"][0]["id"] != second["data"][0]["id"]


async def test_a_client_that_takes_only_text_gets_the_result_written_out(
    hub: Running, run: Ask
) -> None:
    account = await hub.link()
    only_text = {"configuration": {"acceptedOutputModes": ["text/plain"]}}

    task = await run(account, BY_EMAIL, **only_text)

    (part,) = task["artifacts"][0]["parts"]
    assert part["kind"] == "text"
    assert json.loads(part["text"])["data"]["email"] == SEEDED


@pytest.mark.parametrize(
    ("order", "status", "code"),
    [
        ({"action": "iterable_get_list_size"}, 422, "invalid_inputs"),
        ({"action": "iterable_get_list_size", "path": 7}, 422, "invalid_inputs"),
        ({"action": "iterable_get_list_size", "path": {"listId": 9**6}}, 502, "provider_rejected"),
        ({"action": "iterable_get_nothing"}, 404, "action_not_found"),
        ({"action": "ledgerline_get_company"}, 404, "action_not_found"),
    ],
)
async def test_a_task_that_fails_says_why(
    hub: Running, run: Ask, order: dict[str, Any], status: int, code: str
) -> None:
    account = await hub.link()

    task = await run(account, order)

    assert (refusal(task)["statusCode"], refusal(task)["code"]) == (status, code)


async def test_an_action_the_profile_does_not_allow_fails(hub: Running, run: Ask) -> None:
    account = await hub.link()
    profile = (await hub.api.get(f"/accounts/{account}")).json()["connector_profile_id"]
    await hub.api.patch(
        f"/connector_profiles/{profile}", json={"allowed_actions": ["iterable_list_lists"]}
    )

    task = await run(account, {"action": "iterable_list_channels"})

    assert refusal(task)["code"] == "action_not_allowed"


async def test_two_accounts_of_one_provider_are_told_apart_by_their_id(
    hub: Running, run: Ask
) -> None:
    us = await hub.link(label="America", multiple=True)
    eu = await hub.link(key=hub.eu_key, region="eu", label="Europe", multiple=True)
    order = {"action": "iterable_create_list", "body": {"name": "Only in Europe"}}

    unnamed = await run(f"{us},{eu}", order)
    named = await run(f"{us},{eu}", {**order, "account_id": eu})

    lists = {
        account: (await hub.run(account, "iterable_list_lists")).json()["data"]
        for account in (us, eu)
    }
    assert refusal(unnamed)["faults"][0]["path"] == "account_id"
    assert result(named)["data"]
    assert "Only in Europe" in [each["name"] for each in lists[eu]]
    assert "Only in Europe" not in [each["name"] for each in lists[us]]


async def test_a_text_is_answered_with_the_actions_that_fit_it(hub: Running, ask: Ask) -> None:
    account = await hub.link()
    before = len(hub.sandbox.us.requests)

    message = await ask("message/send", said("how big is a lst?"), x_account_id=account)

    text, data = message["parts"]
    best = data["data"]["skills"][0]
    assert (message["kind"], message["role"]) == ("message", "agent")
    assert best["id"] == "iterable_get_list_size"
    assert best["inputSchema"]["required"] == ["path"]
    assert best["example"] == {"action": "iterable_get_list_size", "path": {"listId": 1}}
    assert json.dumps(best["example"], separators=(",", ":")) in text["text"]
    assert len(hub.sandbox.us.requests) == before


async def test_an_example_can_be_sent_as_it_is_offered(hub: Running, ask: Ask, run: Ask) -> None:
    account = await hub.link()

    message = await ask("message/send", said("list the channels"), x_account_id=account)
    task = await run(account, message["parts"][1]["data"]["skills"][0]["example"])

    assert result(task)["data"]


async def test_an_example_of_several_accounts_names_one_that_may_run_it(
    hub: Running, ask: Ask
) -> None:
    us = await hub.link(multiple=True)
    eu = await hub.link(key=hub.eu_key, region="eu", multiple=True)

    message = await ask("message/send", said("list the channels"), x_account_id=f"{us},{eu}")

    assert message["parts"][1]["data"]["skills"][0]["example"]["account_id"] == us


async def test_a_text_that_fits_nothing_is_told_so(hub: Running, ask: Ask) -> None:
    account = await hub.link()

    message = await ask("message/send", said("zzzzqqqq"), x_account_id=account)

    assert message["parts"][1]["data"] == {"skills": []}
    assert message["parts"][0]["text"] == snapshot(
        "No action of these accounts fits that. The extended card lists all of them; say it in other words, or name one in a data part."
    )


async def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(hub: Running, run: Ask) -> None:
    account = await hub.link()
    before = len(hub.sandbox.us.requests)
    order = {"action": "iterable_create_list", "body": {"name": "Never made"}}

    task = await run(account, order, metadata={"jackfield/dry-run": True})

    (request,) = result(task)["data"]["requests"]
    assert request["url"].endswith("/api/lists")
    assert hub.us_key not in json.dumps(task)
    assert len(hub.sandbox.us.requests) == before


async def test_a_message_with_an_idempotency_key_is_run_once(hub: Running, run: Ask) -> None:
    account = await hub.link()
    order = {"action": "iterable_create_list", "body": {"name": "Made once"}}
    keyed = {"message": {"metadata": {"jackfield/idempotency-key": "one-list"}}}
    before = len(hub.sandbox.us.requests)

    first = await run(account, order, **keyed)
    second = await run(account, order, **keyed)
    other = await run(account, {**order, "body": {"name": "Another"}}, **keyed)
    no_key = await run(account, order, metadata={"jackfield/idempotency-key": 7})

    assert result(first)
    assert first == second
    assert refusal(other)["code"] == "idempotency_mismatch"
    assert refusal(no_key)["code"] == "invalid_idempotency_key"
    assert len(hub.sandbox.us.requests) == before + 1


async def test_a_run_is_logged_as_another_agents(hub: Running, run: Ask) -> None:
    account = await hub.link()
    await run(account, {"action": "iterable_list_channels"})
    await hub.hub.write_buffer.flush()

    runs = await hub.hub.db.unscoped("select action_id, source from runs")

    assert runs == [{"action_id": "iterable_list_channels", "source": "a2a"}]
    logs = (await hub.api.get("/requests/logs")).json()["data"]
    assert [each["path"] for each in logs] == ["/"]


async def test_a_file_comes_as_a_link(
    tmp_path: Path, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with hub_with_files(sandbox, tmp_path, data_dir=data_dir, clock=clock) as (hub, account):
        order = said({"action": "acme_download_report"})
        sent = await post(hub, rpc("message/send", order), x_account_id=account)
        file, data = sent.json()["result"]["artifacts"][0]["parts"]
        fetched = await hub.api.get(file["file"]["uri"], auth=None)

    assert file["file"]["mimeType"] == "application/pdf"
    assert data["data"]["download_url"] == file["file"]["uri"]
    assert fetched.content == PDF


@pytest.mark.parametrize("method", ["message/send", "message/stream"])
async def test_a_provider_that_echoes_the_key_does_so_to_no_agent(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox, method: str
) -> None:
    key = "0123456789abcdef0123456789abcdef"
    turns = [reply('{"channels": []}'), reply(f'{{"msg": "Api-Key: {key}"}}', status=400)]

    async def switch(writer: Any, seen: Any) -> None:
        await (turns.pop(0) if len(turns) > 1 else turns[0])(writer, seen)

    async with (
        scripted(switch) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        account = await hub.link(key=key)
        order = said({"action": "iterable_list_channels"})
        response = await post(hub, rpc(method, order), x_account_id=account)

    assert '"failed"' in response.text
    assert key not in response.text
    assert "[redacted]" in response.text
