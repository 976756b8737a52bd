"""Campaigns: their states, and what takes them from one to the next."""

import csv
import io

import pytest

from jackfield.sandbox.iterable.state.campaigns import CampaignState
from tests.sandbox.client import Answer, Client
from tests.sandbox.examples import (
    ARCHIVED,
    DRAFT,
    FINISHED,
    NEWSLETTER,
    READY,
    RECURRING,
    SCHEDULED,
    STARTING,
    TEMPLATES,
    TRAIL_CLUB,
    TRIGGERED,
)
from tests.support.clock import NOW, FrozenClock


def state_of(client: Client, campaign_id: int) -> str:
    return client.get(f"/api/campaigns/{campaign_id}").json["campaignState"]


def create(client: Client, **fields: object) -> int:
    body = {"name": "New", "templateId": TEMPLATES["email"], **fields}
    answer = client.post("/api/campaigns/create", body)
    assert answer.status == 200, answer.text
    return answer.json["campaignId"]


def act(client: Client, action: str, campaign_id: int) -> Answer:
    return client.post(f"/api/campaigns/{action}", {"campaignId": campaign_id})


def test_the_usual_project_has_a_campaign_in_every_state(us: Client) -> None:
    campaigns = us.get("/api/campaigns").json["campaigns"]

    assert len(campaigns) >= 12
    assert {each["campaignState"] for each in campaigns} == set(CampaignState)


def test_a_running_triggered_campaign_of_each_medium_is_there(us: Client) -> None:
    campaigns = us.get("/api/campaigns", campaignState="Running").json["campaigns"]

    assert {each["messageMedium"] for each in campaigns if each["type"] == "Triggered"} == {
        "Email",
        "Push",
        "SMS",
        "InApp",
        "WebPush",
        "WhatsApp",
        "Embedded",
    }


def test_a_triggered_campaign_is_there_to_be_activated(us: Client) -> None:
    waiting = us.get("/api/campaigns", campaignState="Ready").json["campaigns"]
    [number] = [each["id"] for each in waiting if each["type"] == "Triggered"]

    assert act(us, "activateTriggered", number).status == 200

    assert state_of(us, number) == "Running"


def test_pages_link_to_their_neighbors_on_the_same_host(us: Client) -> None:
    first = us.get("/api/campaigns", page=1, pageSize=6, sort="-id").json
    second = us.get(first["nextPageUrl"].removeprefix("http://test")).json
    third = us.get(second["nextPageUrl"].removeprefix("http://test")).json

    ids = [each["id"] for page in (first, second, third) for each in page["campaigns"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(set(ids)) == first["totalCampaignsCount"] == 18
    assert "previousPageUrl" not in first
    assert "nextPageUrl" not in third


def test_without_a_page_all_campaigns_come_at_once(us: Client) -> None:
    answer = us.get("/api/campaigns").json

    assert len(answer["campaigns"]) == 18
    assert set(answer) == {"campaigns"}


@pytest.mark.parametrize(
    "query",
    ["page=0", "pageSize=0", "pageSize=1001", "page=x", "sort=color", "campaignState=Sleeping"],
)
def test_a_page_that_cannot_be_is_refused(us: Client, query: str) -> None:
    answer = us.get(f"/api/campaigns?{query}")

    assert (answer.status, answer.json["code"]) == (400, "BadParams")


def test_a_plus_sign_before_the_sort_field_may_arrive_as_a_space(us: Client) -> None:
    names = [each["name"] for each in us.get("/api/campaigns?sort=+name").json["campaigns"]]

    assert names == sorted(names)


def test_an_unknown_campaign_is_not_found(us: Client) -> None:
    assert us.get("/api/campaigns/42").status == 404


def test_children_belong_to_recurring_campaigns_only(us: Client) -> None:
    children = us.get(f"/api/campaigns/recurring/{RECURRING}/childCampaigns").json["campaigns"]

    assert {each["recurringCampaignId"] for each in children} == {RECURRING}
    assert us.get(f"/api/campaigns/recurring/{READY}/childCampaigns").status == 400


def test_a_campaign_without_lists_is_triggered_and_waits(us: Client) -> None:
    campaign = us.get(f"/api/campaigns/{create(us)}").json

    assert (campaign["type"], campaign["campaignState"]) == ("Triggered", "Ready")


def test_a_blast_is_sent_at_once_unless_told_otherwise(us: Client) -> None:
    sent = create(us, listIds=[TRAIL_CLUB])
    kept = create(us, listIds=[TRAIL_CLUB], scheduleSend=False)

    assert (state_of(us, sent), state_of(us, kept)) == ("Running", "Ready")
    assert us.get(f"/api/campaigns/{sent}").json["sendSize"] > 0


def test_a_scheduled_blast_starts_when_its_time_comes_and_finishes(
    us: Client, clock: FrozenClock
) -> None:
    campaign = create(us, listIds=[TRAIL_CLUB], sendAt="2026-03-01 10:00:00")
    states = [state_of(us, campaign)]

    clock.advance(minutes=30)
    states.append(state_of(us, campaign))
    clock.advance(minutes=2)
    states.append(state_of(us, campaign))

    assert states == ["Scheduled", "Running", "Finished"]
    assert us.get(f"/api/campaigns/{campaign}").json["endedAt"] == 1_772_359_260_000


def test_a_canceled_campaign_is_ready_again_and_does_not_start(
    us: Client, clock: FrozenClock
) -> None:
    assert "startAt" in us.get(f"/api/campaigns/{SCHEDULED}").json

    act(us, "cancel", SCHEDULED)
    clock.advance(days=10)

    assert state_of(us, SCHEDULED) == "Ready"
    assert "startAt" not in us.get(f"/api/campaigns/{SCHEDULED}").json


def test_sending_past_the_allowed_distance_is_refused(us: Client) -> None:
    far = {"sendAt": "2026-03-23 09:30:00", "listIds": [TRAIL_CLUB]}
    body = {"name": "New", "templateId": TEMPLATES["email"], **far}

    assert us.post("/api/campaigns/create", body).status == 400
    schedule = {"sendAt": "2026-03-09T09:30:00Z"}
    assert us.post(f"/api/campaigns/{READY}/schedule", schedule).status == 400


def test_scheduling_for_the_past_means_now(us: Client) -> None:
    us.post(f"/api/campaigns/{READY}/schedule", {"sendAt": "2020-01-01T00:00:00Z"})

    assert state_of(us, READY) == "Running"


def test_a_running_blast_can_be_aborted(us: Client) -> None:
    us.post(f"/api/campaigns/{READY}/send")

    assert act(us, "abort", READY).status == 200
    assert state_of(us, READY) == "Aborted"
    assert act(us, "abort", READY).status == 400


def test_a_triggered_campaign_is_activated_triggered_and_deactivated(us: Client) -> None:
    campaign = create(us)
    trigger = {"campaignId": campaign, "listIds": [TRAIL_CLUB]}
    assert us.post("/api/campaigns/trigger", trigger).status == 400

    act(us, "activateTriggered", campaign)
    assert state_of(us, campaign) == "Running"
    assert us.post("/api/campaigns/trigger", trigger).status == 200
    act(us, "deactivateTriggered", campaign)

    assert state_of(us, campaign) == "Finished"


def test_triggering_without_lists_or_with_an_unknown_one_is_refused(us: Client) -> None:
    for lists in ([], [42]):
        body = {"campaignId": TRIGGERED["email"], "listIds": lists}
        assert us.post("/api/campaigns/trigger", body).status == 400


def test_suppressed_and_repeated_recipients_get_nothing(us: Client) -> None:
    body = {"campaignId": TRIGGERED["push"], "listIds": [TRAIL_CLUB]}
    messages = us.app.sandbox.project.messages
    before = len(messages)

    us.post("/api/campaigns/trigger", {**body, "suppressionListIds": [NEWSLETTER]})
    assert len(messages) == before
    us.post("/api/campaigns/trigger", {**body, "allowRepeatMarketingSends": False})
    sent = len(messages) - before
    us.post("/api/campaigns/trigger", {**body, "allowRepeatMarketingSends": False})

    assert sent > 0
    assert len(messages) == before + sent


def test_archiving_answers_what_was_and_was_not_archived(us: Client) -> None:
    answer = us.post("/api/campaigns/archive", {"campaignIds": [STARTING, 42, ARCHIVED]})

    assert answer.json["success"] == [STARTING]
    assert [each["campaignId"] for each in answer.json["failed"]] == [42, ARCHIVED]
    assert state_of(us, STARTING) == "Archived"


@pytest.mark.parametrize(
    ("feature", "path", "body"),
    [
        (
            "scheduleCampaigns",
            f"/api/campaigns/{READY}/schedule",
            {"sendAt": "2026-03-02T00:00:00Z"},
        ),
        (
            "triggerCampaigns",
            "/api/campaigns/activateTriggered",
            {"campaignId": TRIGGERED["email"]},
        ),
        (
            "triggerCampaigns",
            "/api/campaigns/deactivateTriggered",
            {"campaignId": TRIGGERED["email"]},
        ),
    ],
)
def test_a_feature_that_is_off_is_forbidden(
    us: Client, feature: str, path: str, body: object
) -> None:
    us.patch("/__sandbox__/settings", {"features": {feature: False}})

    answer = us.post(path, body)

    assert (answer.status, answer.json["code"]) == (403, "Forbidden")


def test_an_unknown_template_is_refused_in_the_recorded_words(us: Client) -> None:
    answer = us.post("/api/campaigns/create", {"name": "New", "templateId": 42})

    assert (answer.status, answer.json["code"]) == (400, "BadParams")
    assert answer.json["msg"] == "Template ID: 42 does not exist for this project"


def test_metrics_are_csv_with_a_header_name_that_comes_twice(us: Client) -> None:
    answer = us.get("/api/campaigns/metrics", campaignId=[TRIGGERED["email"], FINISHED])

    header, *rows = csv.reader(io.StringIO(answer.text))
    assert answer.headers["content-type"].startswith("text/plain")
    assert len(header) > len(set(header))
    assert [row[0] for row in rows] == [str(TRIGGERED["email"]), str(FINISHED)]
    assert int(rows[0][header.index("Total Emails Sent")]) == 60


def test_metrics_count_the_asked_time_only(us: Client) -> None:
    tomorrow = f"{NOW.year}-03-02"

    answer = us.get("/api/campaigns/metrics", campaignId=TRIGGERED["email"], startDateTime=tomorrow)

    _, row = csv.reader(io.StringIO(answer.text))
    assert set(row[1:]) == {"0"}


def test_a_draft_cannot_be_sent(us: Client) -> None:
    assert us.post(f"/api/campaigns/{DRAFT}/send").status == 400


def test_metrics_of_no_or_an_unknown_campaign_are_refused(us: Client) -> None:
    assert us.get("/api/campaigns/metrics").json["msg"] == "Missing parameter: campaignId"
    assert us.get("/api/campaigns/metrics", campaignId=42).status == 400


def test_a_blast_to_an_unknown_list_is_refused(us: Client) -> None:
    body = {"name": "New", "templateId": TEMPLATES["email"], "listIds": [42]}

    answer = us.post("/api/campaigns/create", body)

    assert (answer.status, answer.json["msg"]) == (400, "error.lists.invalidListId(42)")


def test_an_action_on_an_unknown_campaign_or_the_wrong_kind_is_refused(us: Client) -> None:
    unknown = act(us, "cancel", 42)
    wrong = us.post(f"/api/campaigns/{TRIGGERED['email']}/send")

    assert (unknown.status, unknown.json["msg"]) == (400, "Invalid Campaign Id")
    assert wrong.status == 400


def test_archiving_a_scheduled_campaign_keeps_it_from_starting(
    us: Client, clock: FrozenClock
) -> None:
    us.post("/api/campaigns/archive", {"campaignIds": [SCHEDULED]})

    clock.advance(days=10)

    assert state_of(us, SCHEDULED) == "Archived"
