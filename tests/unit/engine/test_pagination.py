import json

import pytest

from jackfield.engine.cursor import encode_cursor
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.run import Position
from jackfield.kit.errors import EgressBlocked, PaginationStalled, ProviderError, ProviderRejected
from tests.support.clock import NOW
from tests.unit.engine.building import CREDENTIALS, Provider, action, answer, run, step

pytestmark = pytest.mark.anyio

RESULT = {"data": "$.steps.ask.output.data"}
CURSOR = {"key": "cursor", "in": "query"}


def pages(iterator: dict, response: dict | None = None, **keys: object) -> object:
    parameters = {
        "url": "/rows",
        "method": "get",
        "response": {"dataKey": "rows", "nextKey": "next"} if response is None else response,
        "iterator": iterator,
    }
    return action(step("paginated_request", parameters), result=RESULT, **keys)


def page(first: int, count: int, following: object = None, **headers: str) -> object:
    rows = [{"id": number} for number in range(first, first + count)]
    return answer({"rows": rows, "next": following}, **headers)


def ids(data: object) -> list[int]:
    return [row["id"] for row in data]


async def test_a_cursor_leads_through_all_rows_in_any_portions() -> None:
    answers = {None: page(0, 3, "a"), "a": page(3, 3, "b"), "b": page(6, 1)}

    class Pages:
        async def send(self, request: object) -> object:
            return answers[request.url.partition("cursor=")[2] or None]

    for size in (1, 2, 3, 4, 5, 6, 7, 8):
        found: list[int] = []
        cursor = None
        while True:
            outcome = await run(pages(CURSOR), Pages(), {"page_size": size}, cursor=cursor)
            found += ids(outcome.data)
            cursor = outcome.next
            if cursor is None:
                break
        assert found == list(range(7)), size


async def test_without_a_page_size_a_call_gives_one_page_of_the_provider() -> None:
    provider = Provider([page(0, 30, "a"), page(30, 2)])

    first = await run(pages(CURSOR), provider)
    second = await run(pages(CURSOR), provider, cursor=first.next)

    assert (len(first.data), len(second.data), second.next) == (30, 2, None)


@pytest.mark.parametrize("given", ["not-ours", 5, ["x"]], ids=str)
async def test_a_cursor_from_elsewhere_is_refused(given: object) -> None:
    provider = Provider([page(0, 1)])
    placed = {"cursor": given} if isinstance(given, str) else {"inputs": {"next": given}}

    for engine in ("strict", "compat"):
        with pytest.raises(InvalidInputs):
            await run(pages(CURSOR, engine=engine), provider, **placed)

    assert provider.urls == []


async def test_a_cursor_of_another_step_is_refused() -> None:
    provider = Provider([page(0, 1, "a")])
    cursor = encode_cursor({"7": Position("a", 0)}, NOW)

    with pytest.raises(InvalidInputs):
        await run(pages(CURSOR), provider, cursor=cursor)


async def test_a_key_in_the_next_address_gives_way_to_the_accounts() -> None:
    authorization = {"type": "apiKey", "in": "query", "name": "k", "value": "$.credentials.token"}
    provider = Provider([page(0, 1, "/rows?K=old&p=2"), page(1, 1)])
    compiled = pages({"mode": "url"}, authorization=authorization)

    await run(compiled, provider, {"page_size": 2})

    assert provider.urls[1] == f"https://api.example.com/rows?p=2&k={CREDENTIALS['token']}"


async def test_a_cursor_may_come_as_an_input() -> None:
    provider = Provider([page(0, 1, "a"), page(1, 1)])
    first = await run(pages(CURSOR), provider)

    await run(pages(CURSOR), provider, {"next": first.next})

    assert provider.urls[1].endswith("/rows?cursor=a")


@pytest.mark.parametrize("again", [page(0, 1, "a"), page(0, 0, "a")], ids=["same", "empty"])
async def test_the_same_cursor_twice_stalls_the_run(again: object) -> None:
    provider = Provider([page(0, 1, "a"), again])

    with pytest.raises(PaginationStalled):
        await run(pages(CURSOR), provider, {"page_size": 10})

    assert len(provider.sent) == 2


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ([page(0, 2, "a"), page(2, 2, "a")], [0, 1, 2, 3]),
        ([page(0, 1, "a"), page(1, 1, "b"), page(2, 1, "a")], [0, 1, 2]),
    ],
    ids=["stays", "circles"],
)  # fmt: skip
async def test_a_cursor_that_comes_again_leaves_new_rows_and_going_on_stalls(
    answers: list, found: list
) -> None:
    provider = Provider(answers)

    part = await run(pages(CURSOR), provider, {"page_size": 9})

    assert ids(part.data) == found
    assert part.warnings == (
        "ask: a later page failed: The provider returned the same page cursor twice.",
    )
    with pytest.raises(PaginationStalled):
        await run(pages(CURSOR), provider, {"page_size": 9}, cursor=part.next)
    assert len(provider.sent) == len(answers)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("before", [0, 1, 4])
async def test_pages_that_lead_in_a_circle_end_who_goes_on_call_by_call(
    length: int, before: int
) -> None:
    circle = [f"c{each}" for each in range(length)]
    names = [f"b{each}" for each in range(before)] + circle * 20
    provider = Provider([page(number, 1, name) for number, name in enumerate(names)])
    cursor: str | None = None
    found: list[int] = []

    with pytest.raises(PaginationStalled):
        while len(found) < len(names):
            outcome = await run(pages(CURSOR), provider, cursor=cursor)
            cursor = outcome.next
            assert cursor is not None
            found += ids(outcome.data)

    # Every page of the way and of the circle was there before the end was said.
    assert length + before + 1 <= len(found) <= 3 * (length + before) + 2
    assert len(provider.sent) == len(found)


async def test_many_calls_for_one_page_of_the_providers_are_no_circle() -> None:
    provider = Provider([page(0, 1, "a"), *[page(1, 9, "b")] * 9, page(10, 1)])
    cursor: str | None = None
    found: list[int] = []

    for _ in range(11):
        outcome = await run(pages(CURSOR), provider, {"page_size": 1}, cursor=cursor)
        found += ids(outcome.data)
        cursor = outcome.next

    assert (found, cursor) == (list(range(11)), None)


async def test_a_later_page_that_fails_leaves_the_rows_and_a_cursor_to_go_on() -> None:
    provider = Provider([page(0, 2, "a"), answer({"message": "broken"}, 400), page(2, 1)])

    part = await run(pages(CURSOR), provider, {"page_size": 9})
    rest = await run(pages(CURSOR), provider, {"page_size": 9}, cursor=part.next)

    assert (ids(part.data), ids(rest.data)) == ([0, 1], [2])
    assert part.warnings == ("ask: a later page failed: broken",)
    assert provider.urls[2].endswith("?cursor=a")


async def test_a_first_page_that_fails_is_an_error() -> None:
    with pytest.raises(ProviderRejected):
        await run(pages(CURSOR), Provider([answer({}, 404)]))


async def test_rows_that_are_not_there_are_an_error_in_strict_mode() -> None:
    provider = Provider([answer({"items": []})])

    with pytest.raises(ProviderError, match="expected a list of rows"):
        await run(pages(CURSOR), provider)


async def test_rows_that_are_null_are_none() -> None:
    outcome = await run(pages(CURSOR), Provider([answer({"rows": None})]))

    assert (outcome.data, outcome.next) == ([], None)


async def test_an_empty_page_with_a_cursor_is_not_the_end_in_strict_mode() -> None:
    provider = Provider([page(0, 0, "a"), page(5, 1)])

    outcome = await run(pages(CURSOR), provider, {"page_size": 9})

    assert ids(outcome.data) == [5]


async def test_pages_by_number_go_on_where_they_stopped() -> None:
    iterator = {"key": "page", "in": "query", "mode": "page"}
    provider = Provider([page(0, 2), page(2, 2), page(4, 1), page(5, 0)])

    first = await run(pages(iterator), provider, {"page_size": 4})
    second = await run(pages(iterator), provider, {"page_size": 4}, cursor=first.next)

    assert (ids(first.data), ids(second.data), second.next) == ([0, 1, 2, 3], [4], None)
    assert [url[-1] for url in provider.urls] == ["1", "2", "3", "4"]


async def test_pages_by_position_go_on_where_they_stopped() -> None:
    iterator = {"key": "skip", "in": "query", "mode": "offset"}
    provider = Provider([page(0, 2), page(2, 2), page(4, 0)])
    compiled = pages(iterator, {"dataKey": "rows"})

    first = await run(compiled, provider, {"page_size": 2})
    second = await run(compiled, provider, {"page_size": 5}, cursor=first.next)

    assert (ids(first.data), ids(second.data), second.next) == ([0, 1], [2, 3], None)
    assert [url.partition("=")[2] for url in provider.urls] == ["0", "2", "4"]


async def test_a_link_header_leads_to_the_next_page() -> None:
    link = '<https://api.example.com/rows?page=2&per=5>; rel="next", <https://x.test/>; rel=last'
    provider = Provider([page(0, 1, link=link), page(1, 1)])
    compiled = pages({"mode": "link"}, {"dataKey": "rows"})

    first = await run(compiled, provider)
    second = await run(compiled, provider, cursor=first.next)

    assert provider.urls[1] == "https://api.example.com/rows?page=2&per=5"
    assert (ids(second.data), second.next) == ([1], None)


@pytest.mark.parametrize("target", ["https://api.example.com/more?p=2", "/more?p=2"])
async def test_an_address_in_the_answer_leads_to_the_next_page(target: str) -> None:
    provider = Provider([page(0, 1, target), page(1, 1)])

    outcome = await run(pages({"mode": "url"}), provider, {"page_size": 5})

    assert ids(outcome.data) == [0, 1]
    assert provider.urls[1] == "https://api.example.com/more?p=2"


async def test_the_next_page_is_never_on_another_host() -> None:
    provider = Provider([page(0, 1, "https://evil.test/rows")])

    with pytest.raises(EgressBlocked):
        await run(pages({"mode": "url"}), provider, {"page_size": 5})

    assert len(provider.sent) == 1


async def test_a_credential_in_the_next_address_does_not_get_into_the_cursor() -> None:
    secret = CREDENTIALS["token"]
    authorization = {"type": "apiKey", "in": "query", "name": "k", "value": "$.credentials.token"}
    provider = Provider([page(0, 1, f"/rows?k={secret}&p=2"), page(1, 1)])
    compiled = pages({"mode": "url"}, authorization=authorization)

    first = await run(compiled, provider)
    await run(compiled, provider, cursor=first.next)

    assert provider.urls[1] == f"https://api.example.com/rows?p=2&k={secret}"


@pytest.mark.parametrize(
    ("key", "body", "sent"),
    [
        ("from", {"size": 2}, {"size": 2, "from": 2}),
        ("requests[0].from", {"requests": [{"size": 2}]}, {"requests": [{"size": 2, "from": 2}]}),
        ("page.after", {"page": {"size": 2}}, {"page": {"size": 2, "after": 2}}),
        ("page.after", {"size": 2}, {"size": 2, "page": {"after": 2}}),
        ("requests[1].from", {"size": 2}, {"size": 2, "requests": [None, {"from": 2}]}),
    ],
)
async def test_a_cursor_goes_where_its_path_leads_within_the_body(
    key: str, body: dict, sent: object
) -> None:
    parameters = {
        "url": "/rows",
        "method": "post",
        "args": [{"name": name, "value": value, "in": "body"} for name, value in body.items()],
        "response": {"dataKey": "rows"},
        "iterator": {"mode": "offset", "key": key, "in": "body"},
    }
    rows = action(step("paginated_request", parameters), result=RESULT)
    provider = Provider([page(0, 2), page(2, 1)])

    await run(rows, provider, {"page_size": 4})

    assert json.loads(provider.sent[1].body) == sent


async def test_a_cursor_of_compat_mode_is_a_member_of_the_body_whatever_its_name() -> None:
    parameters = {
        "url": "/rows",
        "method": "post",
        "response": {"dataKey": "rows"},
        "iterator": {"mode": "offset", "key": "page.after", "in": "body"},
    }
    rows = action(step("paginated_request", parameters), result=RESULT, engine="compat")
    provider = Provider([page(0, 2), page(2, 1)])

    await run(rows, provider, {"page_size": 4})

    assert json.loads(provider.sent[1].body)["page.after"] == 2
