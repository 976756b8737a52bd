"""Journeys and webhooks."""

import pytest

from tests.sandbox.client import Client, Json
from tests.sandbox.examples import AVERY, TRAIL_CLUB

WELCOME, DISABLED = 60_001, 60_003
TRIGGER = "/api/workflows/triggerWorkflow"


def test_journeys_are_paged_and_archived_ones_come_only_when_asked_for(us: Client) -> None:
    page = us.get("/api/journeys", page=1, pageSize=2).json
    archived = us.get("/api/journeys", state="Archived").json["journeys"]

    assert len(page["journeys"]) == 2
    assert page["totalJourneysCount"] == 4
    assert "page=2" in page["nextPageUrl"]
    assert [each["isArchived"] for each in archived] == [True]
    assert us.get("/api/journeys", pageSize=51).status == 400


def test_journeys_are_narrowed_by_their_state_or_type(us: Client) -> None:
    def named(*states: str) -> list[str]:
        return [each["name"] for each in us.get("/api/journeys", state=states).json["journeys"]]

    assert named("Enabled") == ["Welcome", "Abandoned cart"]
    assert named("Published") == named("Enabled", "Disabled", "Draft")
    assert "Old onboarding" in named("Published", "Archived")


def test_a_journey_is_started_for_a_user_or_a_list(us: Client) -> None:
    assert us.post(TRIGGER, {"workflowId": WELCOME, "email": AVERY}).status == 200
    assert us.post(TRIGGER, {"workflowId": WELCOME, "listId": TRAIL_CLUB}).status == 200

    entered = us.app.sandbox.project.journeys.find(WELCOME).entered
    assert entered[0].email == AVERY
    assert len(entered) == 1 + int(us.get(f"/api/lists/{TRAIL_CLUB}/size").text)


def test_a_journey_for_nobody_is_refused_in_the_recorded_words(us: Client) -> None:
    answer = us.post(TRIGGER, {"workflowId": WELCOME})

    assert (answer.status, answer.json["code"]) == (400, "GenericError")
    assert answer.json["msg"] == "Must provide either an email or list id"


@pytest.mark.parametrize("number", [42, DISABLED])
def test_an_unknown_or_disabled_journey_is_refused(us: Client, number: int) -> None:
    assert us.post(TRIGGER, {"workflowId": number, "email": AVERY}).status == 400


def test_a_webhook_changes_in_what_is_named(us: Client) -> None:
    answer = us.post("/api/webhooks", {"id": 1_501, "enabled": False, "authType": "Basic"})

    assert answer.json["enabled"] is False
    assert answer.json["authType"] == "Basic"
    assert answer.json["endpoint"] == "https://hooks.larkfield.example/iterable"
    assert us.get("/api/webhooks").json == {"webhooks": [answer.json]}


@pytest.mark.parametrize(
    "change",
    [{"id": 42}, {"id": 1_501, "endpoint": "http://plain.example"}, {"id": 1_501, "authType": "X"}],
)
def test_a_webhook_that_cannot_be_is_refused(us: Client, change: Json) -> None:
    assert us.post("/api/webhooks", change).status == 400
