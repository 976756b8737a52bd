"""Writes that are accepted at once and seen later."""

import pytest

from tests.sandbox.client import Client
from tests.sandbox.examples import AVERY, TRAIL_CLUB
from tests.support.clock import FrozenClock

DELAY = 60


@pytest.fixture
def slow(us: Client) -> Client:
    """A client of a project whose writes are visible after a minute."""
    us.patch("/__sandbox__/settings", {"visibilityDelay": DELAY})
    return us


def test_a_profile_is_seen_after_the_delay(slow: Client, clock: FrozenClock) -> None:
    assert slow.post("/api/users/update", {"email": "new@example.com"}).status == 200
    assert slow.get("/api/users/new@example.com").json == {}

    clock.advance(seconds=DELAY)

    assert slow.get("/api/users/new@example.com").json != {}


def test_writes_to_the_same_profile_keep_their_order(slow: Client, clock: FrozenClock) -> None:
    for plan in ("plus", "pro"):
        body = {"email": "new@example.com", "dataFields": {"plan": plan, plan: True}}
        slow.post("/api/users/update", body)

    clock.advance(seconds=DELAY)

    fields = slow.get("/api/users/new@example.com").json["user"]["dataFields"]
    assert (fields["plan"], fields["plus"], fields["pro"]) == ("pro", True, True)


def test_a_new_list_is_invalid_for_a_while(slow: Client, clock: FrozenClock) -> None:
    number = slow.post("/api/lists", {"name": "Fresh"}).json["listId"]
    body = {"listId": number, "subscribers": [{"email": AVERY}]}

    early = slow.post("/api/lists/subscribe", body)
    clock.advance(seconds=DELAY)
    late = slow.post("/api/lists/subscribe", body)

    assert early.json["msg"] == f"error.lists.invalidListId({number})"
    assert late.json["successCount"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "seen"),
    [
        (
            "POST",
            "/api/events/track",
            {"email": AVERY, "eventName": "fresh"},
            f"/api/events/{AVERY}",
        ),
        (
            "PUT",
            "/api/metadata/storefront/fresh",
            {"value": {"text": "fresh"}},
            "/api/metadata/storefront",
        ),
        (
            "PUT",
            "/api/catalogs/products/items/fresh",
            {"value": {"title": "fresh"}},
            "/api/catalogs/products/items",
        ),
        (
            "POST",
            "/api/lists/subscribe",
            {"listId": TRAIL_CLUB, "subscribers": [{"email": "fresh@example.com"}]},
            f"/api/lists/getUsers?listId={TRAIL_CLUB}",
        ),
    ],
)
def test_what_is_documented_as_asynchronous_is_seen_late(
    slow: Client, clock: FrozenClock, method: str, path: str, body: object, seen: str
) -> None:
    slow.call(method, path, body=body)
    early = slow.get(seen).text
    clock.advance(seconds=DELAY)

    assert "fresh" not in early
    assert "fresh" in slow.get(seen).text


def test_a_deleted_user_is_seen_until_the_delay_has_passed(
    slow: Client, clock: FrozenClock
) -> None:
    slow.delete(f"/api/users/{AVERY}")
    early = slow.get(f"/api/users/{AVERY}").json
    clock.advance(seconds=DELAY)

    assert early != {}
    assert slow.get(f"/api/users/{AVERY}").json == {}
