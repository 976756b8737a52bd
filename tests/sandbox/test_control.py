"""The control API: what a test or a developer can turn."""

import pytest

from tests.sandbox.client import Client, Json
from tests.sandbox.examples import AVERY, TRIGGERED
from tests.support.clock import NOW


def test_the_overview_counts_what_there_is(us: Client) -> None:
    overview = us.get("/__sandbox__/").json

    assert overview["region"] == "us"
    assert overview["now"] == "2026-03-01T09:30:00.000Z"
    assert overview["contents"]["users"] == 200
    assert overview["contents"]["lists"] == 6


def test_a_reset_undoes_every_change(us: Client) -> None:
    before = us.get("/api/users/getFields").json
    us.post("/api/users/update", {"email": AVERY, "dataFields": {"novel": 1}})
    us.patch("/__sandbox__/settings", {"visibilityDelay": 60})
    us.post("/__sandbox__/faults", {"kind": "status"})
    us.patch("/__sandbox__/keys", {"name": "server_side", "disabled": True})

    us.post("/__sandbox__/reset")

    assert us.get("/api/users/getFields").json == before
    assert us.get("/__sandbox__/settings").json["visibilityDelay"] == 0
    assert us.get("/__sandbox__/requests").json["total"] == 1


def test_a_seed_starts_another_project_which_a_reset_then_keeps(us: Client) -> None:
    seed = {
        "users": 3,
        "profiles": [{"email": "me@example.com", "dataFields": {"plan": "pro"}}],
        "lists": [{"name": "Mine", "members": ["me@example.com", AVERY]}],
        "catalogs": {"mine": {"one": {"n": 1}}},
        "settings": {"projectType": "hybrid"},
    }
    us.post("/__sandbox__/seed", seed)
    us.delete("/api/users/me@example.com")

    us.post("/__sandbox__/reset")

    assert us.get("/__sandbox__/").json["contents"]["users"] == 4
    assert us.get("/api/lists/getUsers", listId=30_007).text.splitlines() == [
        "me@example.com",
        AVERY,
    ]
    assert us.get("/api/catalogs/mine/items/one").json["value"] == {"n": 1}


@pytest.mark.parametrize(
    "seed",
    [{"users": "many"}, {"people": 5}, {"profiles": [{"email": "broken@"}]}, {"users": -1}],
)
def test_a_seed_that_cannot_be_planted_changes_nothing(us: Client, seed: Json) -> None:
    answer = us.post("/__sandbox__/seed", seed)

    assert answer.status == 422
    assert us.get("/__sandbox__/").json["contents"]["users"] == 200


def test_the_clock_turns_forward_and_what_was_due_has_happened(us: Client) -> None:
    body = {
        "campaignId": TRIGGERED["email"],
        "recipientEmail": AVERY,
        "sendAt": "2026-03-01 12:00:00",
    }
    us.post("/api/email/target", body)

    answer = us.post("/__sandbox__/clock", {"advance": 3 * 3600})

    assert answer.json == {"now": "2026-03-01T12:30:00.000Z"}
    newest = us.get("/api/users/getSentMessages", email=AVERY).json["messages"][0]
    assert newest["createdAt"] == "2026-03-01 12:00:00 +00:00"


def test_the_clock_does_not_turn_back(us: Client) -> None:
    assert us.post("/__sandbox__/clock", {"advance": -1}).status == 422
    assert us.app.sandbox.clock() == NOW


def test_settings_change_one_by_one(us: Client) -> None:
    us.patch("/__sandbox__/settings", {"features": {"doubleOptIn": False}})

    changed = us.patch("/__sandbox__/settings", {"visibilityDelay": 5}).json

    assert changed["visibilityDelay"] == 5
    assert changed["features"]["doubleOptIn"] is False
    assert changed["features"]["scheduleCampaigns"] is True


@pytest.mark.parametrize("change", [{"visibility": 5}, {"rateLimits": "no"}, {"latency": -1}])
def test_a_setting_that_is_none_is_refused(us: Client, change: Json) -> None:
    assert us.patch("/__sandbox__/settings", change).status == 422


def test_requests_are_logged_newest_first_without_the_key(us: Client) -> None:
    key = us.app.sandbox.keys["server_side"].value
    us.post("/api/users/update", {"email": AVERY, "dataFields": {"note": f"my key is {key}"}})
    us.get("/api/users/getByEmail", email=key)

    log = us.get("/__sandbox__/requests")

    newest, oldest = log.json["requests"]
    assert key not in log.text
    assert (newest["method"], newest["route"]) == ("GET", "/api/users/getByEmail")
    assert (oldest["effect"], oldest["status"], oldest["key"]) == ("write", 200, "server_side")
    assert oldest["body"]["email"] == AVERY


def test_requests_are_narrowed_by_effect_method_and_route(us: Client) -> None:
    us.get("/api/lists")
    us.post("/api/lists", {"name": "Mine"})
    us.get("/api/nothing")

    def total(**query: object) -> int:
        return us.get("/__sandbox__/requests", **query).json["total"]

    assert (total(), total(effect="write"), total(method="GET")) == (3, 1, 2)
    assert total(route="/api/lists") == 2
    us.delete("/__sandbox__/requests")
    assert total() == 0


def test_requests_that_changed_something_are_told_from_those_that_were_refused(us: Client) -> None:
    us.get("/api/lists")
    us.post("/api/lists", {})
    us.post("/api/lists", {"name": "Mine"})
    us.post("/__sandbox__/faults", {"kind": "not_json", "path": "/api/lists", "times": 1})
    us.post("/api/lists", {"name": "Unheard"})
    us.post("/__sandbox__/faults", {"kind": "delay", "seconds": 0, "times": 1})
    us.post("/api/lists", {"name": "Late"})

    changed = us.get("/__sandbox__/requests", changed="true").json
    others = us.get("/__sandbox__/requests", changed="false").json

    assert [each["body"]["name"] for each in changed["requests"]] == ["Late", "Mine"]
    assert others["total"] == 3


def test_the_log_shows_only_so_many_requests(us: Client) -> None:
    for _ in range(3):
        us.get("/api/lists")

    answer = us.get("/__sandbox__/requests", limit=2).json

    assert (answer["total"], len(answer["requests"])) == (3, 2)


def test_a_body_that_is_no_json_is_logged_as_text(us: Client) -> None:
    us.call("POST", "/api/lists", body=b"name=Mine")

    assert us.get("/__sandbox__/requests").json["requests"][0]["body"] == "name=Mine"


def test_keys_are_listed_by_their_visible_ends_only(us: Client) -> None:
    answer = us.get("/__sandbox__/keys")

    values = [key.value for key in us.app.sandbox.keys.values()]
    assert [key["identifier"] for key in answer.json["keys"]] == [value[-8:] for value in values]
    assert not any(value in answer.text for value in values)


def test_a_key_that_is_none_cannot_be_changed(us: Client) -> None:
    assert us.patch("/__sandbox__/keys", {"name": "master", "disabled": True}).status == 422


def test_an_unknown_control_names_those_there_are(us: Client) -> None:
    answer = us.get("/__sandbox__/knobs")

    assert answer.status == 404
    assert "POST /__sandbox__/reset" in answer.json["controls"]


def test_a_control_body_that_is_no_json_is_refused(us: Client) -> None:
    assert us.call("POST", "/__sandbox__/clock", body=b"{").status == 400


def test_the_page_shows_contents_and_requests_and_escapes_what_came(us: Client) -> None:
    us.get("/api/users/getByEmail", email="<script>alert(1)</script>")

    answer = us.get("/")

    assert answer.headers["content-type"].startswith("text/html")
    assert "Order confirmation" in answer.text
    assert "/api/users/getByEmail" in answer.text
    assert "<script" not in answer.text


def test_the_page_of_a_fresh_sandbox_shows_what_to_try(us: Client) -> None:
    assert "curl -H" in us.get("/").text


def test_old_body_errors_repeat_headers_on_request(us: Client) -> None:
    key = us.app.sandbox.keys["server_side"].value
    assert key not in us.post("/api/users/update", {"email": 5}).text

    us.patch("/__sandbox__/settings", {"echoHeadersInBodyErrors": True})

    answer = us.post("/api/users/update", {"email": 5})
    assert (answer.status, answer.json["code"]) == (400, "BadJsonBody")
    assert f"api-key -> {key}" in answer.json["msg"]
    fault = [{"msg": ["error.expected.jsstring"], "args": []}]
    assert answer.json["params"] == {"obj.email": fault}
    missing = us.post("/api/lists", {}).json["params"]["obj.name"]
    assert missing == [{"msg": ["error.path.missing"], "args": []}]


@pytest.mark.parametrize("path", ["/", "/__sandbox__/"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:9901"}, 200),
        ({"host": "[::1]:9901"}, 200),
        ({"host": "localhost:9901", "origin": "http://localhost:9901"}, 200),
        ({"host": "sandbox:9901"}, 200),
        ({"host": "rebound.evil.example:9901"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "127.0.0.1:9901", "origin": "https://evil.example"}, 403),
        ({"host": "127.0.0.1:9901", "origin": "http://127.0.0.1:3000"}, 403),
        ({"host": "127.0.0.1:9901", "origin": "null"}, 403),
    ],
    ids=str,
)
def test_the_page_of_another_site_turns_and_reads_nothing(
    us: Client, path: str, headers: dict[str, str], status: int
) -> None:
    assert us.call("GET", path, headers=headers).status == status
