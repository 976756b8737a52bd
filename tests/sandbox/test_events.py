"""Events: recording them and reading them back."""

import pytest

from tests.sandbox.client import Client, Json
from tests.sandbox.examples import AVERY, AVERY_ID, BLAKE, TRIGGERED

CREATED = 1_700_000_000


def newest(client: Client, email: str = AVERY) -> Json:
    return client.get(f"/api/events/{email}", limit=1).json["events"][0]


def test_a_tracked_event_is_read_back_newest_first(us: Client) -> None:
    body = {"email": AVERY, "eventName": "signedUp", "dataFields": {"step": 1}, "campaignId": 7}

    us.post("/api/events/track", body)

    assert newest(us) == {
        "createdAt": "2026-03-01 09:30:00 +00:00",
        "eventType": "customEvent",
        "email": AVERY,
        "userId": AVERY_ID,
        "eventName": "signedUp",
        "dataFields": {"step": 1},
        "campaignId": 7,
    }


def test_an_event_of_an_unknown_email_makes_the_user(us: Client) -> None:
    us.post("/api/events/track", {"email": "new@example.com", "eventName": "signedUp"})

    assert us.get("/api/users/new@example.com").json["user"]["email"] == "new@example.com"


def test_an_event_with_the_same_id_is_written_over(us: Client) -> None:
    for step in (1, 2):
        answer = us.post(
            "/api/events/track",
            {
                "email": "new@example.com",
                "eventName": "signedUp",
                "id": "e-1",
                "dataFields": {"step": step},
            },
        )

    assert answer.json["msg"] == "Event with id: e-1 tracked."
    assert answer.json["params"] == {"id": "e-1"}
    events = us.get("/api/events/new@example.com").json["events"]
    assert [event["dataFields"] for event in events] == [{"step": 2}]


@pytest.mark.parametrize("created_at", [CREATED, CREATED * 1000], ids=["seconds", "milliseconds"])
def test_the_time_of_an_event_is_taken_in_either_unit(us: Client, created_at: int) -> None:
    us.post(
        "/api/events/track",
        {"email": "new@example.com", "eventName": "old", "createdAt": created_at},
    )

    assert newest(us, "new@example.com")["createdAt"] == "2023-11-14 22:13:20 +00:00"


def test_a_time_that_no_calendar_has_is_refused(us: Client) -> None:
    body = {"email": AVERY, "eventName": "odd", "createdAt": 10**18}

    assert us.post("/api/events/track", body).status == 400


def test_the_types_of_an_events_fields_lock_by_event_name(us: Client) -> None:
    def track(name: str, step: object) -> int:
        body = {"email": AVERY, "eventName": name, "dataFields": {"step": step}}
        return us.post("/api/events/track", body).status

    assert [track("a", 1), track("a", "one"), track("b", "one")] == [200, 400, 200]


def test_a_clash_of_types_fails_all_events_of_a_bulk(us: Client) -> None:
    events = [
        {"email": AVERY, "eventName": "scored", "dataFields": {"points": each}}
        for each in (1, "many")
    ]

    answer = us.post("/api/events/trackBulk", {"events": events})

    assert (answer.status, answer.json["code"]) == (400, "RequestFieldsTypesMismatched")


def test_events_in_bulk_fail_one_by_one(us: Client) -> None:
    events = [
        {"email": AVERY, "eventName": "seen"},
        {"email": "broken@", "eventName": "seen"},
        {"userId": "stranger", "eventName": "seen"},
        {"eventName": "seen"},
    ]

    answer = us.post("/api/events/trackBulk", {"events": events})

    assert answer.status == 200
    assert (answer.json["successCount"], answer.json["failCount"]) == (1, 3)
    assert answer.json["failedUpdates"]["invalidEmails"] == ["broken@"]
    assert answer.json["failedUpdates"]["notFoundUserIds"] == ["stranger"]
    assert "conflictEmails" not in answer.json["failedUpdates"]
    assert answer.json["disallowedEventNames"] == []


def test_no_events_in_bulk_are_a_success_of_zero(us: Client) -> None:
    assert us.post("/api/events/trackBulk", {"events": []}).json["successCount"] == 0


@pytest.mark.parametrize("limit", [0, 201, "many"])
def test_a_limit_beyond_the_documented_range_is_refused(us: Client, limit: object) -> None:
    assert us.get(f"/api/events/{AVERY}", limit=limit).status == 400


def test_a_longer_id_than_512_bytes_is_refused(us: Client) -> None:
    body = {"email": AVERY, "eventName": "seen", "id": "é" * 257}

    assert us.post("/api/events/track", body).status == 400


def test_in_app_messages_are_read_then_consumed(us: Client) -> None:
    def inbox() -> list[Json]:
        return us.get("/api/inApp/getMessages", email=AVERY, count=10).json["inAppMessages"]

    (message,) = inbox()
    body = {"email": AVERY, "messageId": message["messageId"]}
    us.post("/api/events/trackInAppOpen", body)
    (opened,) = inbox()
    us.post("/api/events/inAppConsume", body)

    assert (message["read"], opened["read"]) == (False, True)
    assert inbox() == []
    assert newest(us)["eventType"] == "inAppDelete"


def test_an_in_app_message_is_rendered_for_its_user(us: Client) -> None:
    (message,) = us.get("/api/inApp/getMessages", email=AVERY, count=1).json["inAppMessages"]

    assert "Hello Avery" in message["content"]["html"]
    assert "Your friends at Larkfield" in message["content"]["html"]


def test_an_expired_in_app_message_is_not_shown(us: Client) -> None:
    us.post("/__sandbox__/clock", {"advance": 91 * 86_400})

    assert us.get("/api/inApp/getMessages", email=AVERY, count=1).json == {"inAppMessages": []}


def test_somebody_elses_message_cannot_be_opened(us: Client) -> None:
    (message,) = us.get("/api/inApp/getMessages", email=AVERY, count=1).json["inAppMessages"]
    body = {"email": BLAKE, "messageId": message["messageId"]}

    assert us.post("/api/events/trackInAppOpen", body).status == 400


def test_a_push_open_of_an_unknown_campaign_is_refused_in_the_recorded_words(us: Client) -> None:
    answer = us.post(
        "/api/events/trackPushOpen", {"email": AVERY, "campaignId": 42, "messageId": "m"}
    )

    assert (answer.status, answer.json["msg"]) == (400, "Invalid Campaign Id")
    assert answer.json["params"] == {"campaignId": "42"}


def test_embedded_messages_come_by_placement_and_are_tracked(us: Client) -> None:
    placements = us.get("/api/embedded-messaging/messages", email=AVERY).json["placements"]
    elsewhere = us.get("/api/embedded-messaging/messages", email=AVERY, placementIds=12).json

    (message,) = placements[0]["embeddedMessages"]
    assert placements[0]["placementId"] == 11
    assert message["elements"]["body"] == "Three routes near Portland."
    assert elsewhere == {"placements": []}
    body = {"email": AVERY, "messageId": message["metadata"]["messageId"]}
    assert us.post("/api/embedded-messaging/events/click", body).status == 200
    assert newest(us)["campaignId"] == TRIGGERED["embedded"]


def test_an_embedded_session_records_each_impression(us: Client) -> None:
    impressions = [{"messageId": "a", "displayCount": 2}, {"messageId": "b"}]
    us.post(
        "/api/embedded-messaging/events/session",
        {"email": AVERY, "session": {"id": "s", "start": 1, "end": 2}, "impressions": impressions},
    )

    kinds = [event["eventType"] for event in us.get(f"/api/events/{AVERY}").json["events"]]

    assert kinds.count("embeddedImpression") == 2
    assert kinds.count("embeddedSession") == 1


def test_a_purchase_empties_the_cart(us: Client) -> None:
    item = {"id": "sku", "name": "Map", "price": 12.5, "quantity": 1}
    user = {"email": AVERY}
    us.post("/api/commerce/updateCart", {"user": user, "items": [item]})
    cart = us.get(f"/api/users/{AVERY}").json["user"]["dataFields"]["shoppingCartItems"]

    us.post("/api/commerce/trackPurchase", {"user": user, "items": [item], "total": 12.5})

    assert cart == [item]
    assert "shoppingCartItems" not in us.get(f"/api/users/{AVERY}").json["user"]["dataFields"]
    assert newest(us)["eventType"] == "purchase"
    assert newest(us)["total"] == 12.5
