"""Lists and who is on them."""

from jackfield.sandbox.iterable.state.lists import ListKind
from tests.sandbox.client import Client
from tests.sandbox.examples import AVERY, AVERY_ID, BLAKE, NEWSLETTER, TRAIL_CLUB

DYNAMIC = 30_003


def members(client: Client, list_id: int) -> list[str]:
    return client.get("/api/lists/getUsers", listId=list_id).text.splitlines()


def test_the_usual_project_has_six_lists_with_members(us: Client) -> None:
    lists = us.get("/api/lists").json["lists"]

    assert len(lists) == 6
    assert {each["listType"] for each in lists} == set(ListKind)
    assert all(us.app.sandbox.project.lists.find(each["id"]).members for each in lists)


def test_members_come_as_lines_of_text(us: Client) -> None:
    answer = us.get("/api/lists/getUsers", listId=TRAIL_CLUB)

    assert answer.headers["content-type"].startswith("text/plain")
    assert len(answer.text.splitlines()) == int(us.get(f"/api/lists/{TRAIL_CLUB}/size").text)
    assert all("@" in line for line in answer.text.splitlines())


def test_members_are_named_by_user_id_on_request(us: Client) -> None:
    answer = us.get("/api/lists/previewUsers", listId=NEWSLETTER, size=2, preferUserId="true")

    assert answer.text.splitlines() == [AVERY_ID, "us-10002"]


def test_the_members_of_an_unknown_list_are_refused_in_the_recorded_words(us: Client) -> None:
    answer = us.get("/api/lists/getUsers", listId=42)

    assert (answer.status, answer.json["code"]) == (400, "BadParams")
    assert answer.json["msg"] == "Invalid email list id"


def test_subscribing_to_an_unknown_list_is_refused_with_the_code_of_a_success(us: Client) -> None:
    answer = us.post("/api/lists/subscribe", {"listId": 42, "subscribers": []})

    assert answer.status == 400
    assert answer.json == {
        "msg": "error.lists.invalidListId(42)",
        "code": "Success",
        "params": None,
    }


def test_subscribing_nobody_is_a_success_of_zero(us: Client) -> None:
    answer = us.post("/api/lists/subscribe", {"listId": TRAIL_CLUB, "subscribers": []})

    assert (answer.json["successCount"], answer.json["failCount"]) == (0, 0)


def test_subscribing_makes_users_and_writes_their_fields(us: Client) -> None:
    subscriber = {"email": "new@example.com", "dataFields": {"firstName": "Nia"}}
    us.post("/api/lists/subscribe", {"listId": TRAIL_CLUB, "subscribers": [subscriber]})

    user = us.get("/api/users/new@example.com").json["user"]

    assert user["dataFields"]["firstName"] == "Nia"
    assert user["dataFields"]["emailListIds"] == [TRAIL_CLUB]
    assert "new@example.com" in members(us, TRAIL_CLUB)


def test_subscribing_existing_users_only_makes_nobody(us: Client) -> None:
    body = {
        "listId": TRAIL_CLUB,
        "subscribers": [{"email": "new@example.com"}, {"email": AVERY}],
        "updateExistingUsersOnly": True,
    }

    answer = us.post("/api/lists/subscribe", body)

    assert (answer.json["successCount"], answer.json["failCount"]) == (1, 1)
    assert answer.json["failedUpdates"]["notFoundEmails"] == ["new@example.com"]


def test_unsubscribing_takes_users_off_and_reports_strangers(us: Client) -> None:
    body = {
        "listId": NEWSLETTER,
        "subscribers": [{"email": AVERY}, {"email": "nobody@example.com"}],
    }

    answer = us.post("/api/lists/unsubscribe", body)

    assert (answer.json["successCount"], answer.json["failCount"]) == (1, 1)
    assert AVERY not in members(us, NEWSLETTER)


def test_unsubscribing_from_the_channel_silences_marketing_email(us: Client) -> None:
    body = {"listId": NEWSLETTER, "subscribers": [{"email": AVERY}], "channelUnsubscribe": True}
    us.post("/api/lists/unsubscribe", body)

    fields = us.get(f"/api/users/{AVERY}").json["user"]["dataFields"]

    assert fields["unsubscribedChannelIds"] == [501]


def test_a_dynamic_list_cannot_be_subscribed_to(us: Client) -> None:
    body = {"listId": DYNAMIC, "subscribers": [{"email": BLAKE}]}

    assert us.post("/api/lists/subscribe", body).status == 400


def test_a_list_in_use_cannot_be_deleted(us: Client) -> None:
    assert us.delete(f"/api/lists/{NEWSLETTER}").status == 409
    assert us.delete(f"/api/lists/{TRAIL_CLUB}").status == 200
    assert us.delete(f"/api/lists/{TRAIL_CLUB}").json["code"] == "BadParams"


def test_a_nameless_list_is_refused(us: Client) -> None:
    assert us.post("/api/lists", {"name": " "}).status == 400


def test_a_preview_is_of_five_thousand_at_most(us: Client) -> None:
    assert us.get("/api/lists/previewUsers", listId=TRAIL_CLUB, size=5001).status == 400
