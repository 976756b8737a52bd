"""Profiles: who is meant, and what is written."""

import pytest

from tests.sandbox.client import Client
from tests.sandbox.examples import AVERY, AVERY_ID, BLAKE, TRAIL_CLUB
from tests.support.clock import FrozenClock


def fields_of(client: Client, email: str) -> dict[str, object]:
    return client.get(f"/api/users/{email}").json["user"]["dataFields"]


def test_an_unknown_email_is_an_empty_success(us: Client) -> None:
    assert us.get("/api/users/nobody@example.com").json == {}
    assert us.get("/api/users/getByEmail", email="nobody@example.com").json == {}


def test_a_malformed_email_is_refused_in_the_recorded_words(us: Client) -> None:
    answer = us.get("/api/users/foo@")

    assert answer.status == 400
    assert answer.json == {
        "msg": "Invalid email: foo@",
        "code": "InvalidEmailAddressError",
        "params": None,
    }


def test_an_unknown_user_id_is_refused_in_plain_text(us: Client) -> None:
    answer = us.get("/api/users/byUserId/nobody")

    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "No user with that id exists!"


def test_a_profile_is_found_by_both_identifiers_in_both_forms(us: Client) -> None:
    answers = [
        us.get(f"/api/users/{AVERY}"),
        us.get("/api/users/getByEmail", email=AVERY.upper()),
        us.get(f"/api/users/byUserId/{AVERY_ID}"),
        us.get("/api/users/byUserId", userId=AVERY_ID),
    ]

    assert {answer.json["user"]["userId"] for answer in answers} == {AVERY_ID}


def test_an_email_with_a_plus_needs_its_plus_encoded_in_a_query(us: Client) -> None:
    us.post("/api/users/update", {"email": "a+b@example.com"})

    assert us.get("/api/users/a+b@example.com").json["user"]["email"] == "a+b@example.com"
    assert us.get("/api/users/getByEmail?email=a%2Bb@example.com").json != {}
    assert us.get("/api/users/getByEmail?email=a+b@example.com").status == 400


def test_a_user_id_may_hold_a_slash_where_it_is_encoded(us: Client) -> None:
    us.post("/api/users/update", {"email": "slash@example.com", "userId": "a/b"})

    assert us.get("/api/users/byUserId/a%2Fb").json["user"]["email"] == "slash@example.com"


def test_fields_merge_at_the_top_and_nested_objects_are_replaced(us: Client) -> None:
    us.post("/api/users/update", {"email": AVERY, "dataFields": {"address": {"city": "Salem"}}})

    fields = fields_of(us, AVERY)

    assert fields["address"] == {"city": "Salem"}
    assert fields["firstName"] == "Avery"


def test_nested_objects_merge_on_request(us: Client) -> None:
    body = {"email": AVERY, "dataFields": {"address": {"city": "Salem"}}}
    us.post("/api/users/update", {**body, "mergeNestedObjects": True})

    assert fields_of(us, AVERY)["address"] == {
        "city": "Salem",
        "state": "OR",
        "country": "United States",
    }
    assert fields_of(us, "felix.marsh@example.org")["address"]["city"] == "Portland"


def test_the_first_write_of_a_field_locks_its_type(us: Client) -> None:
    us.post("/api/users/update", {"email": AVERY, "dataFields": {"shoeSize": 42}})

    answer = us.post("/api/users/update", {"email": BLAKE, "dataFields": {"shoeSize": "large"}})

    assert (answer.status, answer.json["code"]) == (400, "RequestFieldsTypesMismatched")
    assert answer.json["params"]["validationErrors"]["shoeSize"] == {
        "incomingTypes": ["string"],
        "expectedType": "long",
        "category": "user",
        "offendingValue": "large",
        "_type": "UnexpectedType",
    }
    assert "shoeSize" not in fields_of(us, BLAKE)


def test_whole_numbers_fit_fields_of_fractions_but_not_the_other_way_around(us: Client) -> None:
    write = {"email": AVERY, "dataFields": {"lifetimeValue": 7}}
    fraction = {"email": AVERY, "dataFields": {"orderCount": 7.5}}

    assert us.post("/api/users/update", write).status == 200
    assert us.post("/api/users/update", fraction).status == 400


def test_fields_are_listed_with_their_types(us: Client) -> None:
    us.post("/api/users/update", {"email": AVERY, "dataFields": {"pet": {"name": "Rex"}}})

    fields = us.get("/api/users/getFields").json["fields"]

    assert fields["orderCount"] == "long"
    assert fields["signupDate"] == "date"
    assert (fields["pet"], fields["pet.name"]) == ("object", "string")


def test_new_fields_are_dropped_silently_where_they_are_not_to_be_made(us: Client) -> None:
    body = {"email": AVERY, "dataFields": {"plan": "pro", "novel": 1}, "createNewFields": False}

    assert us.post("/api/users/update", body).status == 200
    assert fields_of(us, AVERY)["plan"] == "pro"
    assert "novel" not in fields_of(us, AVERY)


def test_a_project_has_at_most_a_thousand_user_fields(us: Client) -> None:
    fields = {f"field{number}": 1 for number in range(1000)}

    answer = us.post("/api/users/update", {"email": AVERY, "dataFields": fields})

    assert (answer.status, answer.json["code"]) == (400, "UniqueFieldsLimitExceeded")


def test_in_an_email_project_the_email_wins_and_the_user_id_is_written_over(us: Client) -> None:
    us.post("/api/users/update", {"email": AVERY, "userId": "renamed"})

    assert us.get(f"/api/users/{AVERY}").json["user"]["userId"] == "renamed"
    assert us.get(f"/api/users/byUserId/{AVERY_ID}").status == 400


def test_an_unknown_user_id_alone_is_refused_in_an_email_project(us: Client) -> None:
    answer = us.post("/api/users/update", {"userId": "stranger"})

    assert (answer.status, answer.json["code"]) == (400, "UnknownUserIdError")


def test_an_unknown_user_id_that_is_preferred_gets_a_placeholder_address(us: Client) -> None:
    us.post("/api/users/update", {"userId": "stranger", "preferUserId": True})

    user = us.get("/api/users/byUserId/stranger").json["user"]

    assert user["email"] == "stranger@placeholder.email"


def test_in_a_user_id_project_emails_may_repeat(us: Client) -> None:
    us.post("/__sandbox__/seed", {"settings": {"projectType": "userId"}})

    for user_id in ("one", "two"):
        body = {"userId": user_id, "email": "shared@example.com"}
        assert us.post("/api/users/update", body).status == 200

    assert us.get("/api/users/byUserId/one").json["user"]["email"] == "shared@example.com"
    assert us.get("/api/users/byUserId/two").json["user"]["email"] == "shared@example.com"


def test_in_a_user_id_project_an_email_alone_makes_nobody(us: Client) -> None:
    us.post("/__sandbox__/seed", {"settings": {"projectType": "userId"}})

    answer = us.post("/api/users/update", {"email": "new@example.com"})

    assert (answer.status, answer.json["code"]) == (400, "UnknownEmailError")


def test_in_a_hybrid_project_identifiers_of_two_users_conflict(us: Client) -> None:
    us.post("/__sandbox__/seed", {"settings": {"projectType": "hybrid"}})

    answer = us.post("/api/users/update", {"email": BLAKE, "userId": AVERY_ID})
    bulk = us.post("/api/users/bulkUpdate", {"users": [{"email": BLAKE, "userId": AVERY_ID}]})

    assert (answer.status, answer.json["code"]) == (409, "EmailAlreadyExists")
    assert bulk.json["failedUpdates"]["conflictEmails"] == [BLAKE]


def test_a_forgotten_user_is_gone_and_cannot_come_back_until_unforgotten(us: Client) -> None:
    us.post("/api/users/forget", {"email": AVERY})

    refused = us.post("/api/users/update", {"email": AVERY})

    assert us.get(f"/api/users/{AVERY}").json == {}
    assert (refused.status, refused.json["code"]) == (409, "ForgottenUserError")
    hashes = us.get("/api/users/forgotten").json["hashedEmails"]
    assert len(hashes) == 1
    assert AVERY not in hashes
    us.post("/api/users/unforget", {"email": AVERY})
    assert us.post("/api/users/update", {"email": AVERY}).status == 200


def test_deleting_an_unknown_user_id_is_refused_in_the_recorded_words(us: Client) -> None:
    answer = us.delete("/api/users/byUserId/42")

    assert (answer.status, answer.json["code"]) == (400, "BadParams")
    assert answer.json["msg"] == "No users with userId 42 exist"


def test_a_deleted_user_leaves_lists_and_events(us: Client) -> None:
    size = int(us.get("/api/lists/30001/size").text)

    us.delete(f"/api/users/{AVERY}")

    assert us.get(f"/api/users/{AVERY}").json == {}
    assert int(us.get("/api/lists/30001/size").text) == size - 1
    assert us.get(f"/api/events/{AVERY}").json == {"events": []}


def test_an_email_can_be_changed_but_not_to_one_that_is_taken(us: Client) -> None:
    body = {"currentEmail": AVERY, "newEmail": "new@example.com"}
    taken = {"currentEmail": "new@example.com", "newEmail": BLAKE}

    assert us.post("/api/users/updateEmail", body).status == 200
    assert us.post("/api/users/updateEmail", taken).json["code"] == "EmailAlreadyExists"
    assert us.get("/api/users/new@example.com").json["user"]["userId"] == AVERY_ID


def test_merging_moves_events_and_lists_and_keeps_the_destinations_values(us: Client) -> None:
    us.post("/api/events/track", {"email": AVERY, "eventName": "moved"})
    us.post("/api/lists/subscribe", {"listId": TRAIL_CLUB, "subscribers": [{"email": AVERY}]})

    us.post("/api/users/merge", {"sourceEmail": AVERY, "destinationEmail": BLAKE})

    names = [event.get("eventName") for event in us.get(f"/api/events/{BLAKE}").json["events"]]
    assert "moved" in names
    assert BLAKE in us.get("/api/lists/getUsers", listId=TRAIL_CLUB).text
    assert fields_of(us, BLAKE)["firstName"] == "Blake"
    assert us.get(f"/api/users/{AVERY}").json == {}


def test_merging_joins_arrays_on_request_without_repeating_items(us: Client) -> None:
    for email, pets in ((AVERY, ["Rex", "Tom"]), (BLAKE, ["Tom"])):
        us.post("/api/users/update", {"email": email, "dataFields": {"pets": pets}})

    us.post(
        "/api/users/merge",
        {"sourceEmail": AVERY, "destinationEmail": BLAKE, "arrayMerge": [{"field": "pets"}]},
    )

    assert fields_of(us, BLAKE)["pets"] == ["Tom", "Rex"]


def test_merging_into_an_unknown_user_renames_the_source(us: Client) -> None:
    us.post("/api/users/merge", {"sourceEmail": AVERY, "destinationEmail": "new@example.com"})

    assert us.get("/api/users/new@example.com").json["user"]["userId"] == AVERY_ID


def test_merging_an_unknown_source_is_refused(us: Client) -> None:
    body = {"sourceEmail": "nobody@example.com", "destinationEmail": BLAKE}

    assert us.post("/api/users/merge", body).json["code"] == "UnknownEmailError"


def test_devices_are_kept_by_token_and_can_be_disabled(us: Client) -> None:
    device = {"token": "t", "platform": "APNS", "applicationName": "app"}
    for _ in range(2):
        us.post("/api/users/registerDeviceToken", {"email": AVERY, "device": device})

    us.post("/api/users/disableDevice", {"token": "t"})

    assert fields_of(us, AVERY)["devices"] == [{**device, "endpointEnabled": False}]


def test_an_empty_device_token_is_a_failure_of_the_provider(us: Client) -> None:
    device = {"token": "", "platform": "APNS", "applicationName": "app"}

    answer = us.post("/api/users/registerDeviceToken", {"email": AVERY, "device": device})

    assert (answer.status, answer.json["code"]) == (500, "GenericError")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/api/users/registerDeviceToken",
            lambda number: {
                "email": AVERY,
                "device": {
                    "token": f"t{number}",
                    "platform": "GCM",
                    "applicationName": "app",
                },
            },
        ),
        (
            "/api/users/registerBrowserToken",
            lambda number: {"email": AVERY, "browserToken": f"b{number}"},
        ),
    ],
)
def test_a_user_has_at_most_five_hundred_tokens(us: Client, clock: FrozenClock, path, body) -> None:
    for number in range(500):
        clock.advance(seconds=1)
        assert us.post(path, body(number)).status == 200

    clock.advance(seconds=1)

    assert us.post(path, body(500)).status == 400
    assert us.post(path, body(499)).status == 200


def test_what_the_provider_keeps_itself_cannot_be_written_as_a_field(us: Client) -> None:
    written = {"emailListIds": 5, "devices": "none", "email": "other@example.com"}

    us.post("/api/users/update", {"email": AVERY, "dataFields": written})

    fields = fields_of(us, AVERY)
    assert fields["emailListIds"] == [30_001]
    assert "devices" not in fields
    assert fields["email"] == AVERY


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/users/update", {}),
        ("/api/users/merge", {"sourceEmail": AVERY, "destinationEmail": AVERY}),
        ("/api/users/unforget", {"email": AVERY}),
        ("/api/users/disableDevice", {"token": "unknown"}),
        ("/api/users/registerBrowserToken", {"email": AVERY, "browserToken": ""}),
        ("/api/auth/jwts/invalidate", {"email": AVERY, "issuedBefore": 10**18}),
        ("/api/auth/jwts/invalidate", {}),
        (
            "/api/commerce/trackPurchase",
            {"user": {"email": AVERY}, "items": [], "total": 1, "id": "x" * 513},
        ),
    ],
)
def test_what_makes_no_sense_is_refused_for_its_parameters(
    us: Client, path: str, body: dict[str, object]
) -> None:
    answer = us.post(path, body)

    assert (answer.status, answer.json["code"]) == (400, "BadParams")


def test_an_email_is_changed_this_way_in_email_projects_only(us: Client) -> None:
    us.post("/__sandbox__/seed", {"settings": {"projectType": "hybrid"}})

    answer = us.post("/api/users/updateEmail", {"currentEmail": AVERY, "newEmail": BLAKE})

    assert (answer.status, answer.json["code"]) == (400, "BadParams")


def test_merging_arrays_of_objects_compares_the_named_field(us: Client) -> None:
    for email, name in ((AVERY, "Rex"), (BLAKE, "Tom")):
        pets = [{"id": 1, "name": name}, {"id": len(name) + len(email), "name": name}]
        us.post("/api/users/update", {"email": email, "dataFields": {"pets": pets}})

    us.post(
        "/api/users/merge",
        {
            "sourceEmail": AVERY,
            "destinationEmail": BLAKE,
            "arrayMerge": [{"field": "pets", "dedupeBy": "id"}],
        },
    )

    assert [pet["name"] for pet in fields_of(us, BLAKE)["pets"]] == ["Tom", "Tom", "Rex"]
