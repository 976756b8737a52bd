"""What is wrong with an account is one issue for each cause, which opens and ends by itself."""

from typing import Any

import pytest

from jackfield.events.models import EventType
from tests.support.clock import FrozenClock
from tests.support.issues import listed, look
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import HubWith, Running
from tests.support.scripted import reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.database]

CHANNELS = "iterable_list_channels"
LISTS = "iterable_list_lists"
EVENTS = [EventType.ISSUE_OPENED, EventType.ISSUE_RESOLVED]
ACME = """
StackOne: 1.0.0
engine: strict
info: {{title: Acme, key: acme, version: 1.0.0, description: Things.}}
baseUrl: {url}
authentication:
  - key:
      type: custom
      label: Key
      authorization: {{type: bearer, token: $.credentials.key}}
      configFields: [{{key: key, label: Key, type: password, required: true, secret: true}}]
actions:
  - {{actionId: me, actionType: custom, effects: [read], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: get, url: /me}}}}}}], result: $.steps.ask.output.data}}
  - {{actionId: put, actionType: custom, effects: [write], label: e, description: d,
     categories: [documents], steps: [{{stepId: ask, stepFunction: {{functionName: request,
       parameters: {{method: post, url: /me}}}}}}], result: $.steps.ask.output.data}}
"""


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


def disable(hub: Running, *, disabled: bool = True) -> None:
    hub.sandbox.us.app.sandbox.keys["server_side"].disabled = disabled


async def change(hub: Running, issue: dict[str, Any], verb: str) -> dict[str, Any]:
    response = await hub.api.post(f"/jackfield/issues/{issue['id']}/{verb}")
    assert response.status_code == 200, response.text
    return response.json()


async def relink(hub: Running, account_id: str) -> None:
    other = {"credentials": {"api_key": hub.sandbox.us.api_keys["read_only"]}}
    response = await hub.api.patch(f"/accounts/{account_id}", json=other)
    assert response.status_code == 200, response.text


async def test_a_key_that_is_refused_opens_one_issue_and_another_key_resolves_it(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    await subscribe(hub, receiver.url, EVENTS)
    account_id = await hub.link()
    await look(hub, clock)
    disable(hub)

    for _ in range(3):
        await hub.run(account_id, CHANNELS)
    clock.advance(seconds=1)
    await hub.run(account_id, LISTS)
    await look(hub, clock)
    (issue,) = await listed(hub)
    await relink(hub, account_id)
    await look(hub, clock)
    (ended,) = await listed(hub)

    assert (issue["status"], issue["cause"], issue["code"]) == (
        "open", "credential", "key_disabled",
    )  # fmt: skip
    assert (issue["occurrences"], issue["actions"]) == (4, [LISTS, CHANNELS])
    assert issue["title"] == "Iterable does not accept the credential of Acme Inc."
    assert issue["step"]["title"] == "Create a Server-Side API Key"
    assert len(issue["request_ids"]) == 4
    assert (ended["id"], ended["status"], ended["resolution"]) == (
        issue["id"], "resolved", "relinked",
    )  # fmt: skip
    await deliver(hub)
    opened, resolved = sorted(receiver.told, key=lambda each: each["event_date"])
    assert [opened["event"], resolved["event"]] == EVENTS
    assert opened["issue_id"] == resolved["record_id"] == issue["id"]
    assert ("resolution" in opened, resolved["resolution"]) == (False, "relinked")
    assert hub.us_key not in str(receiver.told)


async def test_an_account_that_a_check_finds_refused_has_an_issue_until_a_check_finds_it_good(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    disable(hub)
    await hub.api.post(f"/jackfield/accounts/{account_id}/check")
    for _ in range(3):
        await look(hub, clock)
    (issue,) = await listed(hub)
    disable(hub, disabled=False)
    await hub.api.post(f"/jackfield/accounts/{account_id}/check")
    await look(hub, clock)

    (ended,) = await listed(hub)
    assert (issue["status"], issue["occurrences"], issue["actions"]) == ("open", 1, [])
    assert (ended["status"], ended["resolution"]) == ("resolved", "account_active")


async def test_a_rate_limit_opens_an_issue_and_a_success_of_the_action_resolves_it(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    answers = [reply("{}", status=429)] * 20

    async def answer(*asked: Any) -> None:
        await (answers[0] if answers else reply('{"id": 1}'))(*asked)

    async with (
        scripted(answer) as provider,
        hub_with({"acme": ACME.format(url=provider.url)}) as hub,
    ):
        account_id = await hub.link_to("acme", {"key": "k-1234567"})
        await hub.run(account_id, "acme_me")
        await look(hub, clock)
        (issue,) = await listed(hub)
        answers.clear()
        await hub.run(account_id, "acme_put")
        await look(hub, clock)
        (other,) = await listed(hub)
        await hub.run(account_id, "acme_me")
        await look(hub, clock)
        (ended,) = await listed(hub)

    assert (issue["cause"], issue["code"]) == ("rate_limit", "provider_rate_limited")
    assert other["status"] == "open"
    assert (ended["status"], ended["resolution"]) == ("resolved", "succeeded")


@pytest.mark.parametrize(
    ("status", "action", "cause"),
    [
        (500, "acme_me", "provider_failing"),
        (403, "acme_me", "permission"),
        (401, "acme_me", "credential"),
        (503, "acme_put", "outcome_unknown"),
        (404, "acme_me", None),
        (422, "acme_put", None),
    ],
)
async def test_what_a_caller_did_wrong_is_no_issue_and_all_else_has_its_cause(
    hub_with: HubWith, clock: FrozenClock, status: int, action: str, cause: str | None
) -> None:
    async with (
        scripted(reply("{}", status=status)) as provider,
        hub_with({"acme": ACME.format(url=provider.url)}) as hub,
    ):
        account_id = await hub.link_to("acme", {"key": "k-1234567"})
        await hub.run(account_id, action)
        await hub.run(account_id, "acme_nothing")
        await hub.run("acc_unknown", action)
        await look(hub, clock)

        found = await listed(hub)
    assert [each["cause"] for each in found] == ([cause] if cause else [])


async def test_a_failure_within_a_day_reopens_the_issue_and_later_it_is_another(
    hub: Running, clock: FrozenClock, receiver: Receiver
) -> None:
    await subscribe(hub, receiver.url, EVENTS)
    account_id = await hub.link()
    disable(hub)
    await hub.run(account_id, CHANNELS)
    await look(hub, clock)
    (first,) = await listed(hub)
    clock.advance(seconds=1)
    by_hand = await change(hub, first, "resolve")
    await look(hub, clock)
    quiet = await listed(hub, "?status=open")
    clock.advance(hours=23)
    await hub.run(account_id, CHANNELS)
    await look(hub, clock)
    (again,) = await listed(hub, "?status=open")
    clock.advance(seconds=1)
    await change(hub, again, "resolve")
    clock.advance(hours=25)
    await hub.run(account_id, CHANNELS)
    await look(hub, clock)

    (another,) = await listed(hub, "?status=open")
    assert (by_hand["resolution"], by_hand["resolved_by"][:8]) == ("by_hand", "api_key:")
    assert quiet == []
    assert (again["id"], again["reopened"], again["occurrences"]) == (first["id"], 1, 2)
    assert (another["id"] != first["id"], another["reopened"]) == (True, 0)
    await deliver(hub)
    told = sorted(receiver.told, key=lambda each: each["event_date"])
    assert [(each["event"], each["reopened"]) for each in told] == [
        ("issue.opened", 0), ("issue.resolved", 0), ("issue.opened", 1), ("issue.resolved", 1),
        ("issue.opened", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("query", "muted_after"), [("", False), ("?days=7", True)])
async def test_a_muted_issue_is_not_told_until_it_is_resolved_or_for_some_days(
    hub: Running, clock: FrozenClock, receiver: Receiver, query: str, *, muted_after: bool
) -> None:
    account_id = await hub.link()
    disable(hub)
    await hub.run(account_id, CHANNELS)
    await look(hub, clock)
    (issue,) = await listed(hub)
    await subscribe(hub, receiver.url, EVENTS)

    muted = await change(hub, issue, f"mute{query}")
    await change(hub, issue, "resolve")
    clock.advance(minutes=1)
    await hub.run(account_id, CHANNELS)
    await look(hub, clock)
    (again,) = await listed(hub)
    clock.advance(days=8)
    (late,) = await listed(hub)

    assert muted["status"] == "muted"
    assert again["status"] == ("muted" if muted_after else "open")
    assert late["status"] == "open"
    assert await deliver(hub) == (0 if muted_after else 1)


async def test_an_issue_can_be_unmuted_and_a_resolved_one_not_muted(
    hub: Running, clock: FrozenClock
) -> None:
    account_id = await hub.link()
    disable(hub)
    await hub.run(account_id, CHANNELS)
    await look(hub, clock)
    (issue,) = await listed(hub)
    await change(hub, issue, "mute")
    listed_muted = [await listed(hub, f"?status={name}") for name in ("open", "muted", "resolved")]

    unmuted = await change(hub, issue, "unmute")
    await change(hub, issue, "resolve")
    twice = await change(hub, issue, "resolve")
    refused = await hub.api.post(f"/jackfield/issues/{issue['id']}/mute")
    told = (await hub.api.get("/jackfield/audit", params={"query": "kind:issue"})).json()["data"]

    assert [len(each) for each in listed_muted] == [0, 1, 0]
    assert (unmuted["status"], twice["status"]) == ("open", "resolved")
    assert (refused.status_code, refused.json()["code"]) == (409, "issue_resolved")
    assert [each["kind"] for each in told] == ["issue.resolved", "issue.unmuted", "issue.muted"]
    assert {(each["target"], each["details"]["account_id"]) for each in told} == {
        (issue["id"], account_id)
    }


async def test_issues_of_a_deleted_account_end_with_it(hub: Running, clock: FrozenClock) -> None:
    account_id = await hub.link()
    disable(hub)
    await hub.run(account_id, CHANNELS)
    await look(hub, clock)
    await hub.api.delete(f"/accounts/{account_id}")
    await look(hub, clock)

    (ended,) = await listed(hub, f"?account_ids={account_id}&cause=credential")
    assert (ended["status"], ended["resolution"]) == ("resolved", "account_deleted")


async def test_a_write_of_unknown_outcome_stays_open_until_a_person_has_looked(
    hub_with: HubWith, clock: FrozenClock
) -> None:
    answers = [reply("{}", status=503)]

    async def answer(*asked: Any) -> None:
        await (answers[0] if answers else reply('{"id": 1}'))(*asked)

    async with (
        scripted(answer) as provider,
        hub_with({"acme": ACME.format(url=provider.url)}) as hub,
    ):
        account_id = await hub.link_to("acme", {"key": "k-1234567"})
        await hub.run(account_id, "acme_put")
        await look(hub, clock)
        answers.clear()
        await hub.run(account_id, "acme_put")
        await look(hub, clock)
        (issue,) = await listed(hub)

    assert (issue["cause"], issue["status"]) == ("outcome_unknown", "open")


async def test_issues_are_listed_page_by_page(hub: Running, clock: FrozenClock) -> None:
    accounts = [await hub.link(origin_owner_id=f"owner-{number}") for number in range(3)]
    disable(hub)
    for account_id in accounts:
        await hub.run(account_id, CHANNELS)
    await look(hub, clock)

    first = (await hub.api.get("/jackfield/issues?page_size=2")).json()
    second = (await hub.api.get(f"/jackfield/issues?page_size=2&next={first['next']}")).json()
    wrong = await hub.api.get("/jackfield/issues?next=iss_1")

    assert (len(first["data"]), len(second["data"]), second["next"]) == (2, 1, None)
    assert {each["account_id"] for each in first["data"] + second["data"]} == set(accounts)
    assert wrong.status_code == 422


async def test_issues_of_another_project_stay_unseen(hub: Running, clock: FrozenClock) -> None:
    account_id = await hub.link()
    disable(hub)
    await hub.run(account_id, CHANNELS)
    await look(hub, clock)
    (issue,) = await listed(hub)
    hub.api.auth = (await hub.key(project="theirs"), "")
    path = f"/jackfield/issues/{issue['id']}"

    answers = [await hub.api.get(path)]
    answers += [await hub.api.post(f"{path}/{verb}") for verb in ("resolve", "mute", "unmute")]

    assert [each.json()["code"] for each in answers] == ["issue_not_found"] * 4
    assert await listed(hub, f"?account_ids={account_id}") == []
