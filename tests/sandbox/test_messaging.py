"""Messages to one user: sent, scheduled, canceled and looked at."""

import pytest

from tests.sandbox.client import Answer, Client, Json
from tests.sandbox.examples import AVERY, AVERY_ID, BLAKE, READY, SOON, TRIGGERED
from tests.support.clock import FrozenClock

MEDIA = ["email", "push", "sms", "inApp", "webPush", "whatsApp"]


def target(client: Client, medium: str = "email", **fields: object) -> Answer:
    body = {"campaignId": TRIGGERED[medium], "recipientEmail": AVERY, **fields}
    return client.post(f"/api/{medium}/target", body)


def sent(client: Client, email: str = AVERY) -> list[Json]:
    return client.get("/api/users/getSentMessages", email=email, limit=1000).json["messages"]


@pytest.mark.parametrize("medium", MEDIA)
def test_a_send_answers_in_the_recorded_words(us: Client, medium: str) -> None:
    answer = target(us, medium)

    assert answer.json["msg"] == (
        f"Campaign {TRIGGERED[medium]} - Sent triggered message to: {AVERY}"
    )


@pytest.mark.parametrize("medium", MEDIA)
def test_a_later_send_waits_for_its_time(us: Client, clock: FrozenClock, medium: str) -> None:
    before = len(us.app.sandbox.project.messages)

    answer = target(us, medium, sendAt=SOON)

    assert answer.json["msg"] == (
        f"Scheduled triggered message for: 2026-03-02T10:00:00.000Z to: {AVERY}"
    )
    assert answer.json["params"] == {"scheduledMessageId": 900_001}
    assert len(us.app.sandbox.project.messages) == before
    clock.advance(days=2)
    us.get("/api/channels")
    assert len(us.app.sandbox.project.messages) == before + 1


@pytest.mark.parametrize("medium", MEDIA)
def test_an_unknown_campaign_is_refused_in_the_mediums_own_words(us: Client, medium: str) -> None:
    answer = target(us, medium, campaignId=42)

    assert (answer.status, answer.json["code"]) == (400, "BadParams")
    expected = "Invalid campaignId" if medium == "email" else "Invalid Campaign Id"
    assert answer.json["msg"] == expected
    assert answer.json["params"] == {"campaignId": "42"}


def test_a_campaign_of_another_medium_or_kind_is_refused(us: Client) -> None:
    assert target(us, "push", campaignId=TRIGGERED["email"]).status == 400
    assert target(us, "email", campaignId=READY).status == 400


def test_a_campaign_that_is_not_running_sends_nothing(us: Client) -> None:
    us.post("/api/campaigns/deactivateTriggered", {"campaignId": TRIGGERED["email"]})

    assert target(us).status == 400


def test_a_new_address_becomes_a_user(us: Client) -> None:
    target(us, recipientEmail="new@example.com")

    assert us.get("/api/users/new@example.com").json != {}
    assert len(sent(us, "new@example.com")) == 1


def test_nobody_or_an_unknown_user_id_cannot_be_sent_to(us: Client) -> None:
    nobody = target(us, recipientEmail=None)
    stranger = target(us, recipientEmail=None, recipientUserId="stranger")

    assert (nobody.status, nobody.json["code"]) == (400, "BadParams")
    assert (stranger.status, stranger.json["code"]) == (400, "UnknownUserIdError")


def test_a_text_can_be_sent_to_a_phone_number(us: Client) -> None:
    answer = target(us, "sms", recipientEmail=None, recipientPhone="+15035550000")

    assert answer.json["msg"].endswith(f"to: {AVERY}")
    unknown = target(us, "sms", recipientEmail=None, recipientPhone="+10000000000")
    assert unknown.status == 400


def test_sending_more_than_a_year_ahead_is_refused(us: Client) -> None:
    assert target(us, sendAt="2027-03-02 09:30:00").status == 400
    assert target(us, sendAt="whenever").status == 400


def test_a_repeat_is_skipped_on_request(us: Client) -> None:
    before = len(sent(us))

    target(us, allowRepeatMarketingSends=False)

    assert len(sent(us)) == before


def test_somebody_who_unsubscribed_is_skipped_and_that_is_recorded(us: Client) -> None:
    us.post("/api/users/updateSubscriptions", {"email": AVERY, "unsubscribedChannelIds": [501]})
    before = len(sent(us))

    target(us)

    assert len(sent(us)) == before
    newest = us.get(f"/api/events/{AVERY}").json["events"][0]
    assert newest["eventType"] == "emailSendSkip"


def test_canceling_takes_back_all_that_match(us: Client, clock: FrozenClock) -> None:
    before = len(sent(us))
    for _ in range(2):
        target(us, sendAt=SOON)
    target(us, recipientEmail=BLAKE, sendAt=SOON)
    body = {"campaignId": TRIGGERED["email"], "email": AVERY}

    assert us.post("/api/email/cancel", body).status == 200
    again = us.post("/api/email/cancel", body)
    clock.advance(days=2)

    assert (again.status, again.json["code"]) == (400, "BadParams")
    assert again.json["msg"] == (
        "No scheduled messages found- Invalid email and campaignId combination"
    )
    assert len(sent(us)) == before


def test_one_scheduled_message_is_canceled_by_its_number(us: Client) -> None:
    numbers = [target(us, sendAt=SOON).json["params"]["scheduledMessageId"] for _ in range(2)]

    us.post("/api/email/cancel", {"scheduledMessageId": numbers[0]})

    left = [each.id for each in us.app.sandbox.project.scheduled]
    assert left == numbers[1:]


def test_a_scheduled_message_of_another_medium_is_not_canceled(us: Client) -> None:
    number = target(us, sendAt=SOON).json["params"]["scheduledMessageId"]

    assert us.post("/api/push/cancel", {"scheduledMessageId": number}).status == 400
    assert us.post("/api/push/cancel", {"email": AVERY}).status == 400


def test_a_message_scheduled_for_a_merged_user_reaches_the_one_who_stayed(
    us: Client, clock: FrozenClock
) -> None:
    target(us, recipientUserId=AVERY_ID, recipientEmail=None, sendAt=SOON)
    us.post("/api/users/merge", {"sourceEmail": AVERY, "destinationEmail": BLAKE})
    before = len(sent(us, BLAKE))

    clock.advance(days=2)

    assert len(sent(us, BLAKE)) == before + 1


def test_sent_messages_are_newest_first_and_have_the_documented_fields_only(us: Client) -> None:
    target(us)

    messages = sent(us)

    times = [message["createdAt"] for message in messages]
    assert times == sorted(times, reverse=True)
    assert set(messages[0]) == {"messageId", "campaignId", "templateId", "createdAt"}


def test_sent_messages_are_narrowed_by_medium_campaign_kind_and_time(us: Client) -> None:
    target(us, "push")

    def ask(**query: object) -> list[int]:
        answer = us.get("/api/users/getSentMessages", email=AVERY, limit=1000, **query)
        us.app.sandbox.buckets.clear()
        return [message["campaignId"] for message in answer.json["messages"]]

    assert set(ask(messageMedium="Push")) == {TRIGGERED["push"]}
    assert set(ask(campaignIds=[TRIGGERED["email"]])) == {TRIGGERED["email"]}
    assert ask(startDateTime="2026-03-02") == []
    assert set(ask(excludeBlastCampaigns="true")) == set(ask())


def test_an_email_is_shown_to_the_user_it_was_sent_to(us: Client) -> None:
    target(us, dataFields={"plan": "<pro>"})
    message_id = sent(us)[0]["messageId"]

    answer = us.get("/api/email/viewInBrowser", email=AVERY, messageId=message_id)

    assert answer.headers["content-type"].startswith("text/html")
    assert "You are on the &lt;pro&gt; plan." in answer.text
    other = us.get("/api/email/viewInBrowser", email=BLAKE, messageId=message_id)
    assert other.status == 404
    stranger = us.get("/api/email/viewInBrowser", userId="stranger", messageId=message_id)
    assert (stranger.status, stranger.json["code"]) == (400, "UnknownUserIdError")
