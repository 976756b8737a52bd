"""Experiments, from draft to winner."""

import pytest

from tests.sandbox.client import Client, Json
from tests.sandbox.examples import AVERY, SCHEDULED, TEMPLATES, TRIGGERED

EXPERIMENT = "/api/experiments/50001"


def make(client: Client, campaign_id: int = SCHEDULED) -> Json:
    body = {"campaignId": campaign_id, "experimentType": "SubjectLine"}
    return client.post("/api/experiments", body).json


def test_an_experiment_goes_from_draft_to_winner(us: Client) -> None:
    made = make(us)
    path = f"/api/experiments/{made['id']}"
    copied = us.post(f"{path}/variants", {"copyFromTemplateId": TEMPLATES["email"]}).json
    settings = {"conversionEventSettings": {"systemConversionEventType": "Opens"}}
    ready = us.patch(f"{path}/settings", settings).json
    running = us.post(f"{path}/start", {}).json
    finished = us.post(f"{path}/cancel", {}).json
    winner = us.post(f"{path}/winner", {"variantId": copied["variants"][1]["id"]}).json

    states = [each["status"] for each in (made, copied, ready, running, finished, winner)]
    assert states == ["draft", "draft", "ready", "running", "finished", "winner_found"]
    assert made["meta"]["name"] == "Weekend sale Experiment"
    assert [each["currentPercentage"] for each in copied["variants"]] == [50.0, 50.0]
    assert [each["isWinner"] for each in winner["variants"]] == [False, True]
    assert copied["variants"][1]["value"]["templateId"] == 200_009


def test_a_copied_variant_is_a_template_of_its_own(us: Client) -> None:
    us.post(f"{EXPERIMENT}/variants", {"copyFromTemplateId": TEMPLATES["email"], "name": "B"})
    us.post("/api/templates/email/update", {"templateId": 200_009, "subject": "Other"})

    variants = us.get(f"{EXPERIMENT}/variants").json["variants"]

    assert [each["name"] for each in variants] == ["Control", "Shorter subject", "B"]
    assert variants[2]["content"]["subject"] == "Other"
    assert variants[0]["content"]["subject"] == "A note for {{firstName}}"


def test_null_takes_a_setting_away_and_leaving_it_out_keeps_it(us: Client) -> None:
    holdout = {"holdOutGroupSize": 10, "attributionPeriodHours": 24}
    path = f"{EXPERIMENT}/settings"

    held = us.patch(path, {"holdoutSettings": holdout}).json["sizing"]
    kept = us.patch(path, {}).json["sizing"]
    gone = us.patch(path, {"holdoutSettings": None}).json["sizing"]

    assert held == kept
    assert (held["holdoutPercentage"], held["perVariantPercentage"]) == (10, 45.0)
    assert "holdoutPercentage" not in gone


@pytest.mark.parametrize(
    "settings",
    [
        {"evenlySplitVariations": False},
        {"holdoutSettings": {"holdOutGroupSize": 100, "attributionPeriodHours": 1}},
        {"explorationTriggerSettings": {"testSendsPerVariation": 10}},
    ],
)
def test_settings_that_cannot_be_are_refused(us: Client, settings: Json) -> None:
    assert us.patch(f"{EXPERIMENT}/settings", settings).status == 400


def test_exploration_decides_how_traffic_is_shared(us: Client) -> None:
    blast = {"testSizePercentage": 20, "testDurationMinutes": 60}
    path = f"{EXPERIMENT}/settings"

    explored = us.patch(path, {"explorationBlastSettings": blast}).json
    even = us.patch(path, {"evenlySplitVariations": True}).json

    assert explored["allocationMode"] == "winner_takes_all"
    assert explored["sizing"]["winnerGroupPercentage"] == 80
    assert even["allocationMode"] == "even_split"


def test_a_campaign_has_one_experiment_at_a_time(us: Client) -> None:
    make(us)

    again = us.post("/api/experiments", {"campaignId": SCHEDULED, "experimentType": "SubjectLine"})

    assert again.status == 400


def test_an_experiment_is_about_an_email_campaign(us: Client) -> None:
    body = {"campaignId": TRIGGERED["push"], "experimentType": "SubjectLine"}

    assert us.post("/api/experiments", body).status == 400


def test_one_variant_is_nothing_to_compare(us: Client) -> None:
    path = f"/api/experiments/{make(us)['id']}"

    assert us.post(f"{path}/start", {}).status == 400


def test_a_running_experiment_is_neither_changed_nor_deleted(us: Client) -> None:
    us.post(f"{EXPERIMENT}/start", {})

    assert us.patch(f"{EXPERIMENT}/settings", {}).status == 400
    assert us.post(f"{EXPERIMENT}/delete", {}).status == 400
    us.post(f"{EXPERIMENT}/cancel", {})
    assert us.post(f"{EXPERIMENT}/delete", {}).status == 200
    assert us.get(EXPERIMENT).status == 404


def test_only_a_variant_of_the_experiment_can_win(us: Client) -> None:
    us.post(f"{EXPERIMENT}/start", {})

    assert us.post(f"{EXPERIMENT}/winner", {"variantId": 42}).status == 400


def test_lists_are_paged_by_limit_and_offset_and_narrowed(us: Client) -> None:
    make(us)
    make(us, TRIGGERED["email"])

    def ids(**query: object) -> list[int]:
        return [each["id"] for each in us.get("/api/experiments", **query).json["experiments"]]

    assert ids(limit=2) == [50_001, 50_002]
    assert ids(limit=2, offset=2) == [50_003]
    assert ids(campaignId=SCHEDULED) == [50_002]
    assert ids(state="running") == []
    assert us.get("/api/experiments", limit=1).json["totalCount"] == 3
    assert us.get("/api/experiments", limit=1001).status == 400


def test_what_came_of_a_variant_is_counted_from_its_messages(us: Client) -> None:
    path = f"/api/experiments/{make(us, TRIGGERED['email'])['id']}"
    totals = us.get(f"{path}/totals").json["variants"][0]["metrics"]
    trends = us.get(f"{path}/trends", startDateTime="2026-02-01", endDateTime="2026-03-01").json

    us.post("/api/email/target", {"campaignId": TRIGGERED["email"], "recipientEmail": AVERY})

    assert (totals["sends"], totals["opens"]) == (60, 30)
    assert us.get(f"{path}/totals").json["variants"][0]["metrics"]["sends"] == 61
    series = trends["variants"][0]["series"]["sends"]
    assert len(series) == 29
    assert sum(point["value"] for point in series) > 50


def test_trends_take_both_ends_or_neither(us: Client) -> None:
    assert us.get(f"{EXPERIMENT}/trends", startDateTime="2026-02-01").status == 400
    backwards = {"startDateTime": "2026-02-02", "endDateTime": "2026-02-01"}
    assert us.get(f"{EXPERIMENT}/trends", **backwards).status == 400


def test_metrics_are_csv_of_every_variant(us: Client) -> None:
    answer = us.get("/api/experiments/metrics", experimentId=50_001)

    header, *rows = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    assert header.startswith("experimentId,campaignId,variantId")
    assert len(rows) == 2
    assert us.get("/api/experiments/metrics", campaignId=42).text.splitlines() == [header]
