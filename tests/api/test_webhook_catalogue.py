"""The catalogue of events: examples that hold to their schemas, and are sent on request."""

import json
from typing import Any

import jsonschema_rs
import pytest

from jackfield.events.models import EventType
from jackfield.webhooks.catalogue.events import CATALOGUE, TEST
from tests.api.test_dashboard import sign_in
from tests.support.receiver import Receiver, deliver, subscribe
from tests.support.running import Running
from tests.support.scripted import reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub


async def catalogue(hub: Running) -> dict[str, dict[str, Any]]:
    response = await hub.api.get("/jackfield/webhook_events")
    assert response.status_code == 200, response.text
    return {each["event"]: each for each in response.json()["data"]}


async def test_every_event_has_an_example_that_holds_to_its_schema(hub: Running) -> None:
    found = await catalogue(hub)

    assert set(found) == {*EventType, TEST}
    for name, each in found.items():
        sent = {**each["example"], "sent_at": "2026-03-01T09:30:01Z"}
        jsonschema_rs.validate(each["schema"], sent)
        assert each["example"]["event"] == name
        with pytest.raises(jsonschema_rs.ValidationError):
            jsonschema_rs.validate(each["schema"], {**sent, "event": "another"})


async def test_what_is_really_sent_holds_to_the_schemas(hub: Running, receiver: Receiver) -> None:
    await subscribe(hub, receiver.url, ["*"])
    account = await hub.link()
    await hub.api.post(f"/jackfield/accounts/{account}/suspend")
    await hub.api.delete(f"/accounts/{account}")
    await deliver(hub)
    found = await catalogue(hub)

    for told in receiver.told:
        jsonschema_rs.validate(found[told["event"]]["schema"], told)
        example = found[told["event"]]["example"]
        assert set(example) <= set(told)
    assert len(receiver.told) == 3


@pytest.mark.parametrize("event", list(CATALOGUE))
async def test_an_example_of_every_event_is_sent_signed(
    hub: Running, receiver: Receiver, event: str
) -> None:
    webhook = await subscribe(hub, receiver.url, ["account.deleted"])

    response = await hub.api.post(f"/jackfield/webhooks/{webhook['id']}/test?event={event}")

    assert response.json()["success"] is True
    (told,) = receiver.told
    assert (told["event"], told["project_id"]) == (event, hub.project.id)
    assert told["record_id"] == (webhook["id"] if event == TEST else told["record_id"])
    assert receiver.server.seen[0].headers["webhook-signature"].startswith("v1,")
    jsonschema_rs.validate(CATALOGUE[event].schema, told)


async def test_an_example_of_an_unknown_event_is_refused(hub: Running, receiver: Receiver) -> None:
    webhook = await subscribe(hub, receiver.url)

    response = await hub.api.post(f"/jackfield/webhooks/{webhook['id']}/test?event=account.x")

    assert response.status_code == 422
    assert "account.created" in json.dumps(response.json())
    assert receiver.told == []


async def test_an_operator_sends_an_example_and_sees_what_the_receiver_says(
    hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(hub, receiver.url)
    await sign_in(hub)
    receiver.answers = [reply(), reply(status=401)]
    place = f"/dashboard/webhooks/{webhook['id']}/example"

    taken = await hub.api.post(place, data={"event": "account.needs_relink"})
    refused = await hub.api.post(place, data={"event": "account.created"})
    unknown = await hub.api.post(place, data={"event": "account.x"})

    assert "took the example <code>account.needs_relink</code>, 200" in taken.text
    assert "was not taken: <bdi>the receiver answered 401" in refused.text
    assert unknown.status_code == 422


async def test_the_catalogue_has_a_page_with_examples_and_code(hub: Running) -> None:
    await sign_in(hub)

    page = (await hub.api.get("/dashboard/webhooks/events")).text

    for each in CATALOGUE:
        assert f'id="{each}"' in page
    for each in ("Python", "TypeScript", "Go", "Ruby"):
        assert f"<span>{each}</span>" in page
    assert hub.project.id in page
