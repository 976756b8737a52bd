"""What users want to get, and from where."""

from dataclasses import replace

import pytest

from jackfield.sandbox.iterable.work.subscriptions import wants
from tests.sandbox.client import Client, Json
from tests.sandbox.examples import AVERY, AVERY_ID, BLAKE, NEWSLETTER, TRAIL_CLUB

CHANNEL, MESSAGE_TYPE = 501, 7_001


def fields_of(client: Client, email: str = AVERY) -> Json:
    return client.get(f"/api/users/{email}").json["user"]["dataFields"]


def test_preferences_are_written_over_field_by_field(us: Client) -> None:
    path, who = "/api/users/updateSubscriptions", {"email": AVERY}
    us.post(path, {**who, "unsubscribedChannelIds": [CHANNEL]})

    us.post(path, {**who, "emailListIds": [TRAIL_CLUB], "unsubscribedMessageTypeIds": []})

    fields = fields_of(us)
    assert fields["unsubscribedChannelIds"] == [CHANNEL]
    assert fields["emailListIds"] == [TRAIL_CLUB]
    assert AVERY not in us.get("/api/lists/getUsers", listId=NEWSLETTER).text


def test_a_type_whose_channel_is_unwanted_cannot_be_subscribed_to(us: Client) -> None:
    body = {
        "email": AVERY,
        "unsubscribedChannelIds": [CHANNEL],
        "subscribedMessageTypeIds": [MESSAGE_TYPE],
    }
    path = "/api/users/updateSubscriptions"

    assert us.post(path, body).status == 400
    assert us.post(path, {**body, "validateChannelAlignment": False}).status == 200


@pytest.mark.parametrize(
    "field",
    [
        "emailListIds",
        "unsubscribedChannelIds",
        "unsubscribedMessageTypeIds",
        "subscribedMessageTypeIds",
    ],
)
def test_numbers_that_nothing_has_are_refused(us: Client, field: str) -> None:
    answer = us.post("/api/users/updateSubscriptions", {"email": AVERY, field: [42]})

    assert (answer.status, answer.json["code"]) == (400, "BadParams")


def test_preferences_in_bulk_fail_one_by_one(us: Client) -> None:
    requests = [
        {"email": AVERY, "emailListIds": []},
        {"email": "broken@"},
        {"userId": "x" * 53},
        {"email": "nobody@example.com"},
        {"userId": "stranger"},
    ]

    answer = us.post(
        "/api/users/bulkUpdateSubscriptions", {"updateSubscriptionsRequests": requests}
    )

    assert answer.json == {
        "successCount": 1,
        "failCount": 4,
        "invalidEmails": ["broken@"],
        "invalidUserIds": ["x" * 53],
        "validEmailFailures": ["nobody@example.com"],
        "validUserIdFailures": ["stranger"],
    }


@pytest.mark.parametrize(
    ("group", "number", "field", "joined", "left"),
    [
        ("emailList", TRAIL_CLUB, "emailListIds", [NEWSLETTER, TRAIL_CLUB], [NEWSLETTER]),
        ("messageChannel", CHANNEL, "unsubscribedChannelIds", None, [CHANNEL]),
        ("messageType", MESSAGE_TYPE, "unsubscribedMessageTypeIds", None, [MESSAGE_TYPE]),
    ],
)
def test_one_user_joins_and_leaves_a_group(
    us: Client, group: str, number: int, field: str, joined: Json, left: Json
) -> None:
    path = f"/api/subscriptions/{group}/{number}"

    us.patch(f"{path}/user/{AVERY}")
    after_joining = fields_of(us).get(field)
    us.delete(f"{path}/byUserId/{AVERY_ID}")

    assert after_joining == joined
    assert fields_of(us)[field] == left


def test_several_users_change_at_once(us: Client) -> None:
    path = f"/api/subscriptions/emailList/{TRAIL_CLUB}?action=subscribe"

    us.put(path, {"users": [AVERY], "usersByUserId": ["us-10002"]})

    names = us.get("/api/lists/getUsers", listId=TRAIL_CLUB).text
    assert AVERY in names
    assert BLAKE in names


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/subscriptions/emailList/42/user/" + AVERY, 404),
        ("/api/subscriptions/club/1/user/" + AVERY, 404),
        (f"/api/subscriptions/emailList/{TRAIL_CLUB}/user/nobody@example.com", 400),
        (f"/api/subscriptions/emailList/{TRAIL_CLUB}/user/broken@", 400),
    ],
)
def test_groups_and_users_must_exist(us: Client, path: str, status: int) -> None:
    assert us.patch(path).status == status


def test_an_action_must_be_one_of_two(us: Client) -> None:
    path = f"/api/subscriptions/emailList/{TRAIL_CLUB}"

    assert us.put(f"{path}?action=ponder", {"users": [AVERY]}).status == 400
    assert us.put(path, {"users": [AVERY]}).status == 400
    assert us.put(f"{path}?action=subscribe", {}).status == 400


def test_forgotten_users_cannot_join(us: Client) -> None:
    us.post("/api/users/forget", {"email": AVERY})

    assert us.patch(f"/api/subscriptions/emailList/{TRAIL_CLUB}/user/{AVERY}").status == 409


def test_double_opt_in_answers_in_plain_text(us: Client) -> None:
    path, body = "/api/subscriptions/subscribeToDoubleOptIn", {"messageTypeIds": [MESSAGE_TYPE]}

    accepted = us.post(path, {**body, "email": AVERY})
    refused = us.post(path, {**body, "email": "nobody@example.com"})

    assert (accepted.status, refused.status) == (202, 400)
    assert accepted.headers["content-type"].startswith("text/plain")
    assert refused.headers["content-type"].startswith("text/plain")


def test_a_malformed_double_opt_in_is_refused_in_the_other_envelope(us: Client) -> None:
    answer = us.post("/api/subscriptions/subscribeToDoubleOptIn", {"messageTypeIds": "all"})

    assert answer.status == 400
    assert set(answer.json) == {"error", "message", "code", "data"}


@pytest.mark.parametrize(
    ("feature", "method", "path", "body", "status"),
    [
        (
            "subscriptionGroups",
            "PATCH",
            f"/api/subscriptions/emailList/{TRAIL_CLUB}/user/{AVERY}",
            None,
            403,
        ),
        (
            "optInMessageTypes",
            "POST",
            "/api/users/updateSubscriptions",
            {"email": AVERY, "subscribedMessageTypeIds": [MESSAGE_TYPE]},
            403,
        ),
        (
            "smsVerification",
            "POST",
            "/api/verify/sms/begin",
            {"phoneNumber": "+15035550100", "verificationProfileId": 31},
            403,
        ),
        (
            "doubleOptIn",
            "POST",
            "/api/subscriptions/subscribeToDoubleOptIn",
            {"email": AVERY, "messageTypeIds": [MESSAGE_TYPE]},
            400,
        ),
    ],
)
def test_what_the_project_has_not_got_is_refused(
    us: Client, feature: str, method: str, path: str, body: Json, status: int
) -> None:
    us.patch("/__sandbox__/settings", {"features": {feature: False}})

    assert us.call(method, path, body=body).status == status


def test_a_phone_number_is_proved_by_its_last_six_digits_once(us: Client) -> None:
    number = {"phoneNumber": "+15035550100", "verificationProfileId": 31}
    us.post("/api/verify/sms/begin", number)

    assert us.post("/api/verify/sms/check", {**number, "code": "000000"}).status == 400
    assert us.post("/api/verify/sms/check", {**number, "code": "550100"}).status == 200
    assert us.post("/api/verify/sms/check", {**number, "code": "550100"}).status == 400


@pytest.mark.parametrize("change", [{"phoneNumber": "5035550100"}, {"verificationProfileId": 42}])
def test_an_odd_number_or_profile_cannot_be_verified(us: Client, change: Json) -> None:
    body = {"phoneNumber": "+15035550100", "verificationProfileId": 31, **change}

    assert us.post("/api/verify/sms/begin", body).status == 400


@pytest.mark.parametrize(
    "change",
    [{"messageTypeIds": []}, {"messageTypeIds": [42]}, {"phoneNumber": "5035550100"}],
)
def test_a_double_opt_in_that_cannot_be_is_refused_in_plain_text(us: Client, change: Json) -> None:
    body = {"email": AVERY, "messageTypeIds": [MESSAGE_TYPE], **change}

    answer = us.post("/api/subscriptions/subscribeToDoubleOptIn", body)

    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/plain")


def test_an_opt_in_message_type_reaches_those_who_asked_for_it(us: Client) -> None:
    project = us.app.sandbox.project
    user = project.users.with_email(AVERY)[0]
    opt_in = replace(project.message_types.find(MESSAGE_TYPE), subscription_policy="OptIn")
    project.message_types.put(MESSAGE_TYPE, opt_in)
    before = wants(project, user, MESSAGE_TYPE)

    us.patch(f"/api/subscriptions/messageType/{MESSAGE_TYPE}/user/{AVERY}")

    assert (before, wants(project, user, MESSAGE_TYPE)) == (False, True)
