"""Templates of each medium, by locale."""

import pytest

from tests.sandbox.client import Client
from tests.sandbox.examples import AVERY, SPARE, TEMPLATES

MEDIA = list(TEMPLATES)


def read(client: Client, medium: str, **query: object) -> dict[str, object]:
    asked = {"templateId": TEMPLATES[medium], **query}
    return client.get(f"/api/templates/{medium}/get", **asked).json


@pytest.mark.parametrize("medium", MEDIA)
def test_an_upsert_names_the_ids_in_words_that_clients_search(us: Client, medium: str) -> None:
    path, body = f"/api/templates/{medium}/upsert", {"clientTemplateId": "mine"}

    made = us.post(path, body).json["msg"]
    written = us.post(path, {**body, "name": "Renamed"}).json["msg"]

    assert made == written == "Upserted 1 templates with IDs: 200009"
    entries = us.get("/api/templates/getByClientTemplateId", clientTemplateId="mine").json
    assert entries == {"templates": [{"templateId": 200_009, "locales": ["en"]}]}


@pytest.mark.parametrize("medium", MEDIA)
def test_an_update_changes_what_it_names_and_nothing_else(us: Client, medium: str) -> None:
    before = read(us, medium)

    us.post(f"/api/templates/{medium}/update", {"templateId": TEMPLATES[medium], "name": "Renamed"})

    volatile = {"updatedAt", "metadata", "name"}
    after = read(us, medium)
    assert after["name"] == "Renamed"
    assert {name: value for name, value in after.items() if name not in volatile} == {
        name: value for name, value in before.items() if name not in volatile
    }


@pytest.mark.parametrize("medium", MEDIA)
def test_an_unknown_template_is_refused_in_the_recorded_words(us: Client, medium: str) -> None:
    answer = us.get(f"/api/templates/{medium}/get", templateId=42)

    assert (answer.status, answer.json["code"]) == (400, "BadParams")
    assert answer.json["msg"] == "Template ID: 42 does not exist for this project"


def test_a_template_of_another_medium_is_unknown(us: Client) -> None:
    assert us.get("/api/templates/push/get", templateId=TEMPLATES["email"]).status == 400


def test_locales_have_contents_of_their_own(us: Client) -> None:
    us.post(
        "/api/templates/email/update",
        {"templateId": TEMPLATES["email"], "locale": "fr", "subject": "Bonjour"},
    )

    assert read(us, "email")["subject"] == "A note for {{firstName}}"
    assert read(us, "email", locale="de")["subject"] == "Eine Nachricht für {{firstName}}"
    assert read(us, "email", locale="fr")["subject"] == "Bonjour"
    assert read(us, "email", locale="fr")["isDefaultLocale"] is False
    missing = us.get("/api/templates/email/get", templateId=TEMPLATES["email"], locale="pl")
    assert missing.status == 404


def test_a_locale_can_become_the_default(us: Client) -> None:
    us.post(
        "/api/templates/email/update",
        {"templateId": TEMPLATES["email"], "locale": "de", "isDefaultLocale": True},
    )

    assert read(us, "email")["locale"] == "de"


def test_a_preview_fills_in_fields_and_leaves_missing_ones_empty(us: Client) -> None:
    html = (
        "<p>{{firstName}}|{{missing.deep}}|{{address.city}}|{{{raw}}}|{{defaultIfEmpty nick "
        "'you'}}|{{#if vip}}yes{{else}}no{{/if}}|[[title]]|{{{snippet \"greeting\"}}}</p>"
    )
    us.post("/api/templates/email/upsert", {"clientTemplateId": "mine", "html": html})

    answer = us.post(
        "/api/templates/email/preview?templateId=200009",
        {
            "dataFields": {
                "firstName": "<Ada>",
                "address": {"city": "Salem"},
                "raw": "<b>",
                "vip": True,
            },
            "dataFeed": {"title": "News"},
        },
    )

    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text == (
        "<p>&lt;Ada&gt;||Salem|<b>|you|yes|News|<p>Good to see you, &lt;Ada&gt;</p></p>"
    )


def test_a_preview_needs_no_body(us: Client) -> None:
    path = f"/api/templates/inapp/preview?templateId={TEMPLATES['inapp']}"

    assert "Hello there" in us.post(path).text


@pytest.mark.parametrize("medium", ["email", "push", "sms", "inapp"])
def test_a_proof_names_its_recipient(us: Client, medium: str) -> None:
    body = {"templateId": TEMPLATES[medium], "recipientEmail": AVERY}

    assert us.post(f"/api/templates/{medium}/proof", body).json["msg"] == (f"Sent proof to {AVERY}")


def test_a_proof_to_a_stranger_is_refused(us: Client) -> None:
    body = {"templateId": TEMPLATES["email"], "recipientEmail": "nobody@example.com"}

    assert us.post("/api/templates/email/proof", body).json["code"] == "UnknownEmailError"


def test_templates_tied_to_a_campaign_are_not_deleted(us: Client) -> None:
    answer = us.post("/api/templates/bulkDelete", {"ids": [SPARE, TEMPLATES["sms"], 42]})

    assert answer.json["success"] == [SPARE]
    assert answer.json["failed"] == [TEMPLATES["sms"], 42]
    assert answer.json["failureReason"]


def test_lists_are_narrowed_by_medium_kind_and_age(us: Client) -> None:
    def names(**query: object) -> list[str]:
        return [each["name"] for each in us.get("/api/templates", **query).json["templates"]]

    assert names(messageMedium="SMS") == ["SMS basics"]
    assert names(templateType="Workflow") == ["InApp basics"]
    assert names(startDateTime="2026-01-01") == []
    assert len(names(endDateTime="2026-01-01 00:00:00 +00:00")) == 8


def test_more_than_three_push_buttons_are_refused(us: Client) -> None:
    button = {"identifier": "b", "title": "B", "openApp": True}
    path = "/api/templates/push/upsert"

    assert us.post(path, {"clientTemplateId": "mine", "buttons": [button] * 3}).status == 200
    assert us.post(path, {"clientTemplateId": "mine", "buttons": [button] * 4}).status == 400


def test_a_message_type_of_another_medium_is_refused(us: Client) -> None:
    body = {"clientTemplateId": "mine", "messageTypeId": 7_002}

    assert us.post("/api/templates/email/upsert", body).status == 400
    assert us.post("/api/templates/push/upsert", body).status == 200
