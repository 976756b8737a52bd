"""How often a route may be called."""

from tests.sandbox.client import Client
from tests.sandbox.examples import TRAIL_CLUB
from tests.support.clock import FrozenClock

EXPORT = "/api/export/data.json?dataTypeName=purchase"


def test_a_call_beyond_the_documented_rate_is_refused_without_a_hint_when_to_retry(
    us: Client,
) -> None:
    answers = [us.get(EXPORT) for _ in range(5)]

    assert [answer.status for answer in answers] == [200, 200, 200, 200, 429]
    assert answers[-1].json == {
        "msg": "Exceeded rate limit of 4.0 per minute for endpoint: /api/export/data.json, "
        "project: 4101",
        "code": "RateLimitExceeded",
        "params": None,
    }
    assert "retry-after" not in answers[-1].headers


def test_a_full_bucket_leaks_at_the_documented_rate(us: Client, clock: FrozenClock) -> None:
    for _ in range(4):
        us.get(EXPORT)

    clock.advance(seconds=15)

    assert [us.get(EXPORT).status for _ in range(2)] == [200, 429]


def test_routes_have_buckets_of_their_own(us: Client) -> None:
    for _ in range(5):
        us.get(EXPORT)

    assert us.get(f"/api/lists/{TRAIL_CLUB}/size").status == 200
    assert us.get("/api/export/data.csv?dataTypeName=purchase").status == 200


def test_a_limit_per_key_counts_each_key_alone(us: Client) -> None:
    us.post("/api/catalogs/many")
    catalogs = [us.get("/api/catalogs").status for _ in range(101)]

    assert catalogs.count(429) == 1
    assert us.using("read_only").get("/api/catalogs").status == 200


def test_a_limit_per_project_counts_all_keys_together(us: Client) -> None:
    sizes = f"/api/lists/{TRAIL_CLUB}/size"
    for _ in range(5):
        us.get(sizes)

    assert us.using("read_only").get(sizes).status == 429


def test_forgetting_is_capped_by_the_day(us: Client, clock: FrozenClock) -> None:
    for number in range(1100):
        clock.advance(seconds=0.34)
        answer = us.post("/api/users/forget", {"email": f"someone.{number}@example.com"})
        if answer.status == 429:
            break

    assert 1000 <= number <= 1010
    assert "Exceeded rate limit of 1000.0 per day" in answer.json["msg"]


def test_limits_can_be_turned_off(us: Client) -> None:
    us.patch("/__sandbox__/settings", {"rateLimits": False})

    assert {us.get(EXPORT).status for _ in range(20)} == {200}
