"""How long a provider that refuses for now is waited for: as its headers, body or connector say."""

from collections.abc import Mapping
from typing import Any

import pytest

from jackfield.engine.ports import Response
from jackfield.engine.rate_errors import compile_rate_errors
from jackfield.engine.wire.json import encode_json
from jackfield.engine.wire.retry_after import LONGEST, Unit, read_wait
from jackfield.kit.errors import ProviderRateLimited
from jackfield.kit.large_json import LARGE
from tests.support.clock import NOW
from tests.support.running import own_catalog
from tests.unit.engine.building import Clock, Provider, action, answer, request, run

pytestmark = pytest.mark.anyio

IN_BODY = {
    "errorStatus": 429,
    "errorMessage": "RateLimitExceeded",
    "errorMessagePath": "$.code",
    "retryAfterBodyPath": "$.params.rateLimitReset",
}


def refusal(reset: Any) -> dict[str, Any]:
    return {"code": "RateLimitExceeded", "params": {"rateLimitReset": reset}}


def wait(entry: Mapping[str, Any], body: Any, **headers: str) -> float | None:
    """Return the wait that a connector with an entry reads in an answer of its status."""
    said = {name.replace("_", "-"): value for name, value in headers.items()}
    response = Response(entry["errorStatus"], said, encode_json(body))
    return compile_rate_errors({"mappedRateLimitErrors": [entry]}).wait(response, lambda: NOW)


@pytest.mark.parametrize(
    ("unit", "value", "seconds"),
    [
        ("seconds", 7, 7),
        ("seconds", "7", 7),
        ("seconds", 0.5, 0.5),
        ("milliseconds", 1500, 1.5),
        ("date", "2026-03-01T09:30:20Z", 20),
        ("date", "2026-03-01T09:30:20", 20),
        ("date", "Sun, 01 Mar 2026 09:30:20 GMT", 20),
        ("date", int(NOW.timestamp()) + 20, 20),
        ("date", "2026-03-01T09:00:00Z", 0),
        ("seconds", -3, None),
        ("seconds", True, None),
        ("seconds", "soon", None),
        ("seconds", None, None),
        ("seconds", [7], None),
        ("date", "soon", None),
    ],
)
def test_a_wait_is_read_in_the_body_in_its_unit(
    unit: str, value: object, seconds: float | None
) -> None:
    assert wait({**IN_BODY, "retryAfterUnit": unit}, refusal(value)) == seconds


@pytest.mark.parametrize("unit", ["seconds", "milliseconds", "date"])
@pytest.mark.parametrize("value", [10**12, 10**400, 1e300, "99999999999999"])
def test_an_absurd_wait_is_one_of_a_day(unit: str, value: object) -> None:
    assert wait({**IN_BODY, "retryAfterUnit": unit}, refusal(value)) == LONGEST


@pytest.mark.parametrize("unit", ["seconds", "milliseconds", "date"])
def test_what_no_text_could_be_written_of_is_no_wait(unit: Unit) -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]

    assert read_wait(deep, unit, lambda: NOW) is None
    assert read_wait(-(10**5000), unit, lambda: NOW) is None
    assert read_wait(10**5000, unit, lambda: NOW) == LONGEST
    # A date of megabytes would be taken apart into as many words.
    assert read_wait("2026-03-01T09:30:20Z" + " " * LARGE, unit, lambda: NOW) is None


def test_a_large_answer_is_not_searched_for_a_refusal_while_other_calls_wait() -> None:
    body = {**refusal(7), "padding": "x" * LARGE}

    assert wait(IN_BODY, body) is None
    assert wait(IN_BODY, body, retry_after="5") == 5
    limits = {"mappedRateLimitErrors": [{**IN_BODY, "errorStatus": 403}]}
    assert not compile_rate_errors(limits).match(Response(403, {}, encode_json(body)))


def test_a_header_goes_before_the_body_and_the_body_before_the_usual_wait() -> None:
    entry = {**IN_BODY, "retryAfterPath": "X-Reset", "retryAfterValue": 30}

    assert wait(entry, refusal(7), x_reset="3", retry_after="5") == 5
    assert wait(entry, refusal(7), x_reset="3") == 3
    assert wait(entry, refusal(7)) == 7
    assert wait(entry, refusal(None)) == 30
    # Of another answer with the status, the connector says nothing.
    assert wait(entry, {"code": "Other"}) is None
    assert wait(entry, {"code": "Other"}, retry_after="5") == 5


def test_a_usual_wait_of_dates_is_in_seconds() -> None:
    entry = {**IN_BODY, "retryAfterUnit": "date", "retryAfterValue": 30}

    assert wait(entry, refusal(None)) == 30


@pytest.mark.parametrize(
    ("key", "status", "body"),
    [
        ("braze", 429, {"message": "Too many"}),
        ("intercom", 429, {"errors": [{"code": "rate_limit_exceeded"}]}),
        ("sendgrid", 429, {"errors": [{"message": "too many requests"}]}),
        ("github", 429, {"message": "API rate limit exceeded"}),
        ("github", 403, {"message": "API rate limit exceeded"}),
    ],
)
def test_the_moment_that_providers_name_in_a_header_is_waited_for(
    key: str, status: int, body: object
) -> None:
    limits = own_catalog().get(key).compilation.document["rateLimit"]
    reset = {"x-ratelimit-reset": str(int(NOW.timestamp()) + 20)}

    assert (
        compile_rate_errors(limits).wait(Response(status, reset, encode_json(body)), lambda: NOW)
        == 20
    )


async def test_a_read_waits_as_the_body_says_and_goes_on() -> None:
    clock = Clock()
    provider = Provider([answer(refusal(7), 429), answer({})])
    compiled = action(request(), rateLimit={"mappedRateLimitErrors": [IN_BODY]})

    await run(compiled, provider, clock=clock, sleep=clock.sleep)

    assert clock.slept == [7]


async def test_a_wait_beyond_the_deadline_is_passed_on_in_its_bounds() -> None:
    clock = Clock()
    provider = Provider([answer(refusal(10**12), 429)])
    compiled = action(request(), rateLimit={"mappedRateLimitErrors": [IN_BODY]})

    with pytest.raises(ProviderRateLimited) as caught:
        await run(compiled, provider, clock=clock, sleep=clock.sleep, deadline=30)

    assert caught.value.retry_after == LONGEST
    assert (len(provider.sent), clock.slept) == (1, [])


async def test_a_write_is_not_tried_again_and_its_error_says_how_long_to_wait() -> None:
    provider = Provider([answer(refusal(7), 429)])
    compiled = action(request(), effects=["write"], rateLimit={"mappedRateLimitErrors": [IN_BODY]})

    with pytest.raises(ProviderRateLimited) as caught:
        await run(compiled, provider)

    assert caught.value.retry_after == 7


async def test_compat_mode_waits_ten_seconds_at_most_for_a_mapped_error() -> None:
    clock = Clock()
    provider = Provider([answer(refusal(1), 429), answer(refusal(60), 429), answer({})])
    limits = {"mappedRateLimitErrors": [IN_BODY]}
    compiled = action(request(), engine="compat", rateLimit=limits)

    await run(compiled, provider, clock=clock, sleep=clock.sleep)

    assert clock.slept == [1, 10]
