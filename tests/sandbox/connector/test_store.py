"""What is written to a sandbox, and read back."""

from typing import Any

import pytest

from tests.sandbox.connector.world import World

pytestmark = pytest.mark.anyio


async def run(world: World, action: str, **inputs: Any) -> Any:
    key = action.partition("_")[0]
    answered = await world.hub.run(await world.account(key), action, body=inputs)
    assert answered.status_code == 200, answered.text
    return answered.json()["data"]


async def test_a_record_is_created_read_changed_listed_and_archived(world: World) -> None:
    made = await run(world, "hubspot_create_contact", properties={"email": "max@acme.example"})
    contact = made["id"]
    await run(world, "hubspot_update_contact", contactId=contact, properties={"city": "Graz"})

    read = await run(world, "hubspot_get_contact", contactId=contact)
    listed = [each["id"] for each in await run(world, "hubspot_list_contacts")]
    await run(world, "hubspot_archive_contact", contactId=contact)
    gone = await world.hub.run(
        await world.account("hubspot"), "hubspot_get_contact", body={"contactId": contact}
    )

    assert read["properties"] | {"email": "max@acme.example", "city": "Graz"} == read["properties"]
    assert contact in listed
    assert gone.json()["provider_errors"][0]["status"] == 404


async def test_a_form_is_stored_as_json_is(world: World) -> None:
    made = await run(
        world, "stripe_create_customer", email="max@acme.example", metadata={"plan": "pro"}
    )

    read = await run(world, "stripe_get_customer", customer=made["id"])
    deleted = await run(world, "stripe_delete_customer", customer=made["id"])

    assert (read["email"], read["metadata"]) == ("max@acme.example", {"plan": "pro"})
    assert (deleted["id"], deleted["deleted"]) == (made["id"], True)


async def test_a_resource_below_another_is_kept_by_its_place(world: World) -> None:
    here = {"owner": "acme", "repo": "shop"}
    made = await run(world, "github_create_issue", **here, title="Till is stuck")
    number = made["number"]
    await run(world, "github_update_issue", **here, issue_number=number, state="closed")

    read = await run(world, "github_get_issue", **here, issue_number=number)
    titles = [each["title"] for each in await run(world, "github_list_issues", **here)]
    elsewhere = await run(world, "github_list_issues", owner="acme", repo="site")

    assert (read["title"], read["state"]) == ("Till is stuck", "closed")
    assert "Till is stuck" in titles
    assert "Till is stuck" not in [each["title"] for each in elsewhere]


async def test_a_member_is_found_by_the_address_that_its_id_is_made_of(world: World) -> None:
    here = {"list_id": "0123456789"}
    await run(
        world, "mailchimp_add_member", **here, email_address="max@acme.example", status="pending"
    )

    read = await run(world, "mailchimp_get_member", **here, subscriber_hash="max@acme.example")

    assert (read["email_address"], read["status"]) == ("max@acme.example", "pending")


async def test_a_message_is_in_the_history_of_its_channel(world: World) -> None:
    sent = await run(world, "slack_send_message", channel="C0123456789", text="The till is stuck")

    history = await run(world, "slack_get_channel_history", channel="C0123456789")
    elsewhere = await run(world, "slack_get_channel_history", channel="C0000000000")

    assert sent["ts"] in [each["ts"] for each in history]
    assert "The till is stuck" in [each["text"] for each in history]
    assert "The till is stuck" not in [each["text"] for each in elsewhere]


# One connector for each way of paging, and inputs to have pages of one row.
PAGED: dict[str, tuple[str, dict[str, Any]]] = {
    "cursor in the query": ("hubspot_list_contacts", {}),
    "cursor in the body": ("notion_search", {}),
    "cursor within an object": ("intercom_search_contacts", {"query": {"field": "email"}}),
    "id of the last row": ("stripe_list_customers", {}),
    "offset": ("jira_list_comments", {"issueIdOrKey": "10002"}),
    "offset without a condition": ("mailchimp_list_audiences", {}),
    "page": ("slack_search_messages", {"query": "till"}),
    "link": ("github_list_repositories", {}),
    "address": ("sendgrid_list_contact_lists", {}),
}


@pytest.mark.parametrize("way", PAGED)
async def test_pages_lead_from_one_to_the_next_and_end(world: World, way: str) -> None:
    action, inputs = PAGED[way]
    account = await world.account(action.partition("_")[0])
    whole = (await world.hub.run(account, action, body={**inputs, "page_size": 100})).json()
    rows: list[Any] = []
    cursor: dict[str, str] = {}

    for _ in range(len(whole["data"]) + 1):
        page = await world.hub.run(account, action, body={**inputs, "page_size": 1, **cursor})
        assert page.status_code == 200, page.text
        rows += page.json()["data"]
        if not page.json().get("next"):
            break
        cursor = {"next": page.json()["next"]}

    assert len(whole["data"]) >= 3
    assert whole.get("next") is None
    assert rows == whole["data"]
