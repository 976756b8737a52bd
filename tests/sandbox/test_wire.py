"""Requests at their edges: paths, bodies and what nobody should send."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jackfield.sandbox.iterable.app import build_app
from jackfield.sandbox.iterable.regions import Region
from jackfield.sandbox.iterable.routes.table import ROUTES
from jackfield.sandbox.iterable.wire.routing import get
from jackfield.sandbox.iterable.wire.table import Table
from tests.sandbox.client import Client
from tests.sandbox.examples import AVERY, EXAMPLES
from tests.support.clock import FrozenClock

TABLE = Table(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/api/users/getFields", "/api/users/getFields"),
        ("GET", "/api/users/forgotten", "/api/users/forgotten"),
        ("GET", "/api/users/byUserId", "/api/users/byUserId"),
        ("DELETE", "/api/users/byUserId", "/api/users/{email}"),
        ("DELETE", "/api/users/byUserId/x", "/api/users/byUserId/{userId}"),
        ("GET", "/api/export/jobs", "/api/export/jobs"),
        ("DELETE", "/api/export/jobs", "/api/export/{jobId}"),
        ("GET", "/api/campaigns/metrics", "/api/campaigns/metrics"),
        ("GET", "/api/experiments/metrics", "/api/experiments/metrics"),
        ("GET", "/api/events/byUserId/x", "/api/events/byUserId/{userId}"),
        ("GET", "/api/lists/getUsers", "/api/lists/getUsers"),
    ],
)
def test_a_named_path_goes_before_a_parameter(method: str, path: str, route: str) -> None:
    match = TABLE.find(method, path)

    assert match is not None
    assert match.endpoint.route.path == route


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api"),
        ("GET", "/api/"),
        ("GET", "/api/nothing"),
        ("GET", "/api/users/"),
        ("GET", "/api/lists/"),
        ("PUT", "/api/lists"),
        ("TRACE", "/api/lists"),
        ("GET", "/nothing"),
    ],
)
def test_an_unknown_route_is_an_html_page(us: Client, method: str, path: str) -> None:
    answer = us.call(method, path)

    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>Action not found</title>" in answer.text


def test_the_page_for_an_unknown_route_escapes_the_path(us: Client) -> None:
    assert "<script>" not in us.call("GET", "/api/<script>").text


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/api/campaigns?page=one", "Cannot parse parameter page as Long"),
        ("/api/campaigns/metrics?campaignId=x", "Cannot parse parameter campaignId as Long"),
        ("/api/lists/getUsers?listId=1&preferUserId=x", "parameter preferUserId as Boolean"),
        ("/api/experiments?state=over", "Cannot parse parameter state as one of its values"),
        ("/api/lists/getUsers", "Missing parameter: listId"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named(us: Client, path: str, message: str) -> None:
    answer = us.get(path)

    assert (answer.status, answer.json["code"]) == (400, "BadParams")
    assert message in answer.json["msg"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (b'{"email": 5}', {"obj.email": "String value expected"}),
        (b"[]", {"obj": "Object value expected"}),
        (b'{"dataFields": []}', {"obj.dataFields": "Object value expected"}),
        (b'{"preferUserId": "yes"}', {"obj.preferUserId": "Boolean value expected"}),
        (b"{", None),
        (b"\xff", None),
        (b'{"dataFields":{"a":' + b"[" * 100_000, None),
    ],
)
def test_a_malformed_body_is_refused_by_the_place_and_type(
    us: Client, body: bytes, faults: object
) -> None:
    answer = us.call("POST", "/api/users/update", body=body)

    assert answer.status == 400
    assert answer.json == {
        "msg": "[/api/users/update] Invalid JSON body",
        "code": "BadJsonBody",
        "params": faults,
    }


def test_a_fault_inside_an_array_names_the_item(us: Client) -> None:
    events = [{"eventName": "a", "email": AVERY}, {"eventName": "b", "createdAt": "now"}]

    answer = us.post("/api/events/trackBulk", {"events": events})

    assert answer.json["params"] == {"obj.events[1].createdAt": "Number value expected"}


def test_a_missing_field_is_named(us: Client) -> None:
    answer = us.post("/api/events/track", {"email": AVERY})

    assert answer.json["params"] == {"obj.eventName": "Required field is missing"}


def test_a_path_number_that_is_none_is_refused(us: Client) -> None:
    assert us.get("/api/campaigns/many").json["code"] == "BadParams"


def test_a_bug_of_the_sandbox_is_logged_and_answered_as_the_provider_would(
    clock: FrozenClock,
) -> None:
    def fail(_call: object) -> None:
        msg = "a bug"
        raise RuntimeError(msg)

    broken = get("/api/channels", fail)
    app = build_app(Region.US, clock=clock, routes=(broken,))
    with structlog.testing.capture_logs() as log:
        answer = Client(app).get("/api/channels")

    assert (answer.status, answer.json["code"]) == (500, "GenericError")
    assert [entry["event"] for entry in log] == ["sandbox_failed"]
    assert log[0]["exc_info"]


def test_a_request_that_breaks_off_has_no_effect(us: Client) -> None:
    messages = [
        {"type": "http.request", "body": b'{"name": "Mine"}', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[object] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    key = us.app.sandbox.keys["server_side"].value.encode()
    scope = {"type": "http", "method": "POST", "path": "/api/lists", "headers": [(b"api-key", key)]}
    asyncio.run(us.app(scope, receive, send))

    assert sent == []
    assert "Mine" not in us.get("/api/lists").text


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
WRITES = sorted(name for name in EXAMPLES if not name.startswith("GET "))
READS = sorted(name for name in EXAMPLES if name.startswith("GET "))


def twisted(route: str, wrong: dict[str, Any]) -> Any:
    """Return a route's example body with some fields replaced by something else."""
    body = EXAMPLES[route].body
    if not isinstance(body, dict):
        return wrong
    names = list(body) or list(wrong)
    swaps = {names[index % len(names)]: value for index, value in enumerate(wrong.values())}
    return {**body, **swaps}


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    route=st.sampled_from(WRITES),
    wrong=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
    read=st.sampled_from(READS),
)
def test_no_body_makes_the_sandbox_fail_then_or_later(
    route: str, wrong: dict[str, Any], read: str
) -> None:
    answer = HOSTILE.call(*place(route), body=twisted(route, wrong))
    after = HOSTILE.call(*place(read))

    # The one failure that the provider is known for.
    if answer.status == 500:
        assert answer.json["msg"] == "An error occurred"
    assert after.status < 500


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    route=st.sampled_from(READS),
    segments=st.lists(st.text(min_size=1, max_size=12), min_size=3, max_size=3),
    value=st.text(max_size=20),
)
def test_no_path_or_query_makes_the_sandbox_fail(
    route: str, segments: list[str], value: str
) -> None:
    _, path = route.split(" ")
    query = EXAMPLES[route].path.partition("?")[2]
    names = [pair.partition("=")[0] for pair in query.split("&") if pair]

    answer = HOSTILE.call(
        "GET", fill(path, segments), query=dict.fromkeys(names or ["page"], value)
    )

    assert answer.status < 500


def place(route: str) -> tuple[str, str]:
    method, path = route.split(" ")
    return method, EXAMPLES[route].path or path


def fill(path: str, segments: list[str]) -> str:

    parts = path.split("/")
    values = iter(segments)
    return "/".join(
        quote(next(values), safe="", errors="replace") if part.startswith("{") else part
        for part in parts
    )


def hostile_client() -> Client:
    client = Client(build_app(Region.US))
    client.patch("/__sandbox__/settings", {"rateLimits": False})
    return client


HOSTILE = hostile_client()
