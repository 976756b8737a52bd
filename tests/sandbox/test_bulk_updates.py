"""Many profiles at once: what comes of those that cannot be written."""

from tests.sandbox.client import Client
from tests.sandbox.examples import AVERY, BLAKE


def test_a_bulk_update_answers_200_with_what_failed_by_the_reason(us: Client) -> None:
    us.post("/api/users/forget", {"email": "gone@example.com"})

    answer = us.post(
        "/api/users/bulkUpdate",
        {
            "users": [
                {"email": "new@example.com", "dataFields": {"novel": 1}},
                {"email": "broken@"},
                {"email": "gone@example.com"},
                {"userId": "stranger"},
                {"userId": "x" * 53},
                {"email": AVERY, "dataFields": {"orderCount": "many"}},
            ]
        },
    )

    assert answer.status == 200
    assert answer.json == {
        "successCount": 1,
        "failCount": 5,
        "invalidEmails": ["broken@"],
        "invalidUserIds": ["x" * 53],
        "createdFields": ["novel"],
        "filteredOutFields": [],
        "failedUpdates": {
            "conflictEmails": [],
            "conflictUserIds": [],
            "forgottenEmails": ["gone@example.com"],
            "forgottenUserIds": [],
            "invalidDataEmails": [AVERY],
            "invalidDataUserIds": [],
            "invalidEmails": ["broken@"],
            "invalidUserIds": ["x" * 53],
            "notFoundEmails": [],
            "notFoundUserIds": ["stranger"],
        },
    }


def test_a_body_that_is_not_as_declared_fails_a_whole_bulk_update(us: Client) -> None:
    users = [{"email": BLAKE, "dataFields": {"plan": "pro"}}, {"email": AVERY, "dataFields": []}]

    assert us.post("/api/users/bulkUpdate", {"users": users}).status == 400

    user = us.get("/api/users/getByEmail", email=BLAKE).json["user"]
    assert user["dataFields"]["plan"] == "free"


def test_a_bulk_update_of_nobody_is_refused_as_recorded(us: Client) -> None:
    answer = us.post("/api/users/bulkUpdate", {"users": []})

    assert (answer.status, answer.json["code"]) == (400, "InvalidEmailAddressError")


def test_a_bulk_update_of_more_than_four_megabytes_is_refused(us: Client) -> None:
    users = [{"email": AVERY, "dataFields": {"essay": "x" * 4_000_000}}]

    answer = us.post("/api/users/bulkUpdate", {"users": users})

    assert (answer.status, answer.json["code"]) == (400, "BatchTooLarge")
