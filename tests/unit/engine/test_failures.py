import pytest

from jackfield.kit.errors import (
    Fault,
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnauthorized,
    ProviderUnavailable,
)
from tests.unit.engine.building import (
    CREDENTIALS,
    Clock,
    Provider,
    action,
    answer,
    request,
    run,
    text_answer,
)

pytestmark = pytest.mark.anyio

WRITING = ["write"]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ProviderRejected),
        (401, ProviderUnauthorized),
        (404, ProviderRejected),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
        (501, ProviderRejected),
        (503, ProviderUnavailable),
        (505, ProviderRejected),
    ],
)
async def test_a_status_becomes_the_error_that_says_what_to_do(
    status: int, error: type[ProviderError]
) -> None:
    provider = Provider([answer({"message": "no"}, status)])

    with pytest.raises(ProviderError) as caught:
        await run(action(request(), effects=WRITING), provider)

    assert type(caught.value) is error
    assert caught.value.detail == "no"
    assert caught.value.answer is not None
    assert caught.value.answer.status == status


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "a", "error": "b"}, "a"),
        ({"error": {"message": "b"}}, "b"),
        ({"error": "c", "error_description": "d"}, "c"),
        ({"error_description": "d"}, "d"),
        ([{"message": "e"}], "e"),
        ({"msg": "f"}, "f"),
        ({"type": "about:blank", "title": "Bad", "detail": "g"}, "g"),
        ({"message": "  ", "errors": []}, "HTTP error: 400"),
        ([], "HTTP error: 400"),
    ],
)
async def test_the_message_is_what_the_provider_says(body: object, message: str) -> None:
    with pytest.raises(ProviderRejected) as caught:
        await run(action(request()), Provider([answer(body, 400)]))

    assert caught.value.detail == message


async def test_an_error_shows_no_credential() -> None:
    secret = CREDENTIALS["token"]
    authorization = {"type": "apiKey", "in": "query", "name": "k", "value": "$.credentials.token"}
    body = {"message": f"bad key {secret}", "echo": {"header": f"Bearer {secret}"}}
    provider = Provider([answer(body, 403, x_request_id="r-1", set_cookie=f"s={secret}")])

    with pytest.raises(ProviderRejected) as caught:
        await run(action(request("/x"), authorization=authorization), provider)

    told = caught.value.answer
    assert told is not None
    assert secret not in f"{caught.value.detail} {told}"
    assert told.headers == {"content-type": "application/json", "x-request-id": "r-1"}
    assert told.url.startswith("/x?k=")


async def test_a_connector_explains_an_error_and_names_the_credential_at_fault() -> None:
    errors = [
        {
            "receivedStatus": 401,
            "targetStatus": 401,
            "condition": "{{data.code == 'BadRegion'}}",
            "message": "This key belongs to ${data.region}.",
            "field": "region",
        },
        {"receivedStatus": 401, "targetStatus": 403},
    ]
    compiled = action(request(customErrors=errors), effects=WRITING)

    with pytest.raises(ProviderUnauthorized) as caught:
        await run(compiled, Provider([answer({"code": "BadRegion", "region": "EU"}, 401)]))
    with pytest.raises(ProviderRejected, match="Forbidden"):
        await run(compiled, Provider([answer({}, 401)]))

    assert caught.value.faults == (Fault("region", "This key belongs to EU."),)


async def test_the_connectors_words_win_in_strict_mode_and_the_providers_in_compat() -> None:
    errors = [{"receivedStatus": 404, "targetStatus": 409, "message": "ours"}]
    provider = Provider([answer({"message": "theirs"}, 404)])

    for engine, message in (("strict", "ours"), ("compat", "theirs")):
        with pytest.raises(ProviderRejected) as caught:
            await run(action(request(customErrors=errors), engine=engine), provider)
        assert caught.value.detail == message


async def test_an_answer_that_is_not_the_xml_it_says_it_is_is_an_error() -> None:
    provider = Provider([text_answer("<a>", content_type="application/xml")])

    with pytest.raises(ProviderError, match="cannot be read"):
        await run(action(request()), provider)


async def test_xml_with_a_document_type_is_refused() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    provider = Provider([text_answer(bomb, content_type="text/xml")])

    with pytest.raises(ProviderError, match="document type"):
        await run(action(request()), provider)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_read_is_tried_again_after_a_passing_failure(status: int) -> None:
    clock = Clock()
    provider = Provider([answer({}, status), answer({"ok": 1})])

    outcome = await run(
        action(request(), result="$.steps.ask.output.data"),
        provider,
        clock=clock,
        sleep=clock.sleep,
    )

    assert outcome.data == {"ok": 1}
    assert len(clock.slept) == 1
    assert clock.slept[0] <= 1


@pytest.mark.parametrize("error", [ProviderTimeout(), ProviderUnavailable()])
async def test_a_read_is_tried_again_when_there_was_no_answer(error: Exception) -> None:
    clock = Clock()
    provider = Provider([error, answer({})])

    await run(action(request()), provider, clock=clock, sleep=clock.sleep)

    assert len(provider.sent) == 2


@pytest.mark.parametrize("effects", [["write"], ["read", "write"], ["delete"], ["send"], []])
@pytest.mark.parametrize("status", [429, 503])
async def test_what_may_write_is_never_tried_again(effects: list[str], status: int) -> None:
    provider = Provider([answer({}, status), answer({})])

    with pytest.raises(ProviderError):
        await run(action(request(), effects=effects), provider)

    assert len(provider.sent) == 1


@pytest.mark.parametrize("told", ["7", "Tue, 02 Jan 2024 03:04:12 GMT"])
async def test_a_provider_is_waited_for_as_long_as_it_says(told: str) -> None:
    clock = Clock()
    provider = Provider([answer({}, 429, retry_after=told), answer({})])

    await run(action(request()), provider, clock=clock, sleep=clock.sleep)

    assert clock.slept == [7]


async def test_a_wait_beyond_the_deadline_is_passed_on_instead() -> None:
    clock = Clock()
    provider = Provider([answer({}, 429, retry_after="90")])

    with pytest.raises(ProviderRateLimited) as caught:
        await run(action(request()), provider, clock=clock, sleep=clock.sleep, deadline=30)

    assert caught.value.retry_after == 90
    assert (len(provider.sent), clock.slept) == (1, [])


async def test_compat_mode_waits_between_one_and_ten_seconds() -> None:
    clock = Clock()
    waits = ["0", "1", "30", "Tue, 02 Jan 2024 03:04:12 GMT"]
    provider = Provider([*(answer({}, 429, retry_after=told) for told in waits), answer({})])

    await run(action(request(), engine="compat"), provider, clock=clock, sleep=clock.sleep)

    first, second, third, fourth = clock.slept
    assert (second, third) == (1, 10)
    assert 2 <= first <= 2.2
    assert 16 <= fourth <= 17.6


async def test_an_answer_mapped_to_a_rate_limit_is_treated_as_one() -> None:
    clock = Clock()
    mapped = {"mappedRateLimitErrors": [{"errorStatus": 400, "errorMessage": "quota .* exceeded"}]}
    refusal = answer({"message": "quota of today exceeded"}, 400)
    compiled = action(request(), rateLimit=mapped)

    await run(compiled, Provider([refusal, answer({})]), clock=clock, sleep=clock.sleep)
    with pytest.raises(ProviderRateLimited):
        await run(compiled, Provider([refusal]), clock=clock, sleep=clock.sleep)
    with pytest.raises(ProviderRejected):
        await run(compiled, Provider([answer({"message": "other"}, 400)]))


async def test_a_run_ends_at_its_deadline() -> None:
    class Silent:
        async def send(self, _request: object) -> None:
            import asyncio  # noqa: PLC0415

            await asyncio.Event().wait()

    with pytest.raises(ProviderTimeout, match=r"within 0.01 seconds"):
        await run(action(request()), Silent(), deadline=0.01)
