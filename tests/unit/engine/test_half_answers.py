"""Pages and flags that say less than they should: each has one result."""

import pytest

from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.kit.errors import ProviderError, UnreadableAnswer
from tests.unit.engine.building import Clock, Provider, action, answer, request, run, step

pytestmark = pytest.mark.anyio


def paged(iterator: dict | None = None, **parameters: object) -> dict:
    return step(
        "paginated_request",
        {
            "url": "/l",
            "method": "get",
            "response": {"dataKey": "data", "nextKey": "next"},
            "iterator": iterator or {"key": "cursor", "in": "query"},
            **parameters,
        },
    )


def offset(**parameters: object) -> dict:
    return paged(
        {"key": "offset", "in": "query", "mode": "offset"},
        response={"dataKey": "data"},
        **parameters,
    )


async def test_a_page_of_null_is_an_empty_page_where_another_follows() -> None:
    provider = Provider(
        [
            answer({"data": [1], "next": "2"}),
            answer({"data": None, "next": "3"}),
            answer({"data": [3], "next": None}),
        ]
    )

    outcome = await run(action(paged()), provider, {"page_size": 10})

    assert (outcome.data, outcome.next, outcome.warnings) == ([1, 3], None, ())


async def test_empty_pages_without_end_are_told_and_leave_a_cursor() -> None:
    pages = [answer({"data": [1], "next": "0"})]
    pages += [answer({"data": [], "next": str(number)}) for number in range(1, 500)]
    provider = Provider(pages)

    outcome = await run(action(paged()), provider, {"page_size": 10})

    assert len(provider.sent) == 101
    assert outcome.data == [1]
    assert outcome.next is not None
    assert outcome.warnings == ("ask: stopped after 101 pages, the last 100 of them empty",)


async def test_an_offset_that_nobody_looks_at_does_not_give_the_same_rows_again() -> None:
    provider = Provider([answer({"data": [{"id": 1}, {"id": 2}]})])

    outcome = await run(action(offset()), provider, {"page_size": 10})

    assert (outcome.data, outcome.next) == ([{"id": 1}, {"id": 2}], None)
    assert outcome.warnings == ("ask: the provider gave the same page twice",)


@pytest.mark.parametrize("flag", [True, "true", "True", 1, "1", "yes"])
async def test_a_flag_that_says_go_on_is_obeyed_in_whatever_form(flag: object) -> None:
    provider = Provider(
        [
            answer({"data": [1], "next": "2", "has_more": flag}),
            answer({"data": [2], "next": "3", "has_more": False}),
        ]
    )
    iterator = {"key": "cursor", "in": "query", "condition": "{{has_more}}"}

    outcome = await run(action(paged(iterator)), provider, {"page_size": 10})

    assert (outcome.data, outcome.next) == ([1, 2], None)


@pytest.mark.parametrize("flag", [False, "false", "False", 0, "0", "no", "", None])
async def test_a_flag_that_says_stop_is_obeyed_in_whatever_form(flag: object) -> None:
    provider = Provider([answer({"data": [1], "next": "2", "has_more": flag})])
    iterator = {"key": "cursor", "in": "query", "condition": "{{has_more}}"}

    outcome = await run(action(paged(iterator)), provider, {"page_size": 10})

    assert (outcome.data, outcome.next, len(provider.sent)) == ([1], None, 1)


@pytest.mark.parametrize("size", [0, -1, "0", "abc", True, 1.5, "", [], {}])
@pytest.mark.parametrize("inputs", [[], [{"name": "page_size", "type": "number", "in": "query"}]])
def test_a_page_size_that_gives_no_page_is_refused(size: object, inputs: list) -> None:
    compiled = action(paged(), inputs=inputs)

    with pytest.raises(InvalidInputs) as caught:
        compiled.accept({"query": {"page_size": size}})

    assert {fault.path for fault in caught.value.faults} == {"query.page_size"}


@pytest.mark.parametrize("size", [1, "5", 5.0, 10**30, None])
def test_a_page_size_that_gives_pages_is_taken(size: object) -> None:
    action(paged()).accept({"query": {"page_size": size}})


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("/l?q=a b", "/l?q=a%20b"),
        ("/l?q=ü", "/l?q=%C3%BC"),
        ('/l?q="<', "/l?q=%22%3C"),
        ("/l?q=a%20b", "/l?q=a%20b"),
    ],
)
@pytest.mark.parametrize("mode", ["url", "link"])
async def test_the_address_of_the_next_page_goes_out_escaped(
    mode: str, given: str, asked: str
) -> None:
    first = answer({"data": [1], "next": given}, link=f'<{given}>; rel="next"')
    provider = Provider([first, answer({"data": [2]})])

    await run(action(paged({"mode": mode})), provider, {"page_size": 10})

    assert provider.urls[1] == f"https://api.example.com{asked}"


@pytest.mark.parametrize("address", [{"href": "/l?p=2"}, ["/l?p=2"], 2])
async def test_an_address_that_is_no_text_is_unreadable(address: object) -> None:
    provider = Provider([answer({"data": [1], "next": address})])

    with pytest.raises(UnreadableAnswer, match="not a text"):
        await run(action(paged({"mode": "url"})), provider, {"page_size": 10})


@pytest.mark.parametrize("nothing", [[], {}, "", None, False])
async def test_a_cursor_of_nothing_is_the_end(nothing: object) -> None:
    provider = Provider([answer({"data": [1], "next": nothing})])

    outcome = await run(action(paged()), provider, {"page_size": 10})

    assert (outcome.data, outcome.next, len(provider.sent)) == ([1], None, 1)


NO_DATE = f"Tue, 01 Jan {'9' * 30} 00:00:00 GMT"


@pytest.mark.parametrize("asked", ["0", "Tue, 01 Jan 2019 00:00:00 GMT", "-5", NO_DATE])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_moment_that_has_passed_is_no_reason_to_ask_again_at_once(
    asked: str, status: int
) -> None:
    clock = Clock()
    provider = Provider([answer({}, status, retry_after=asked)])

    with pytest.raises(ProviderError):
        await run(action(request("/x")), provider, clock=clock, sleep=clock.sleep)

    first, second, third = clock.slept
    assert (first >= 0.25, second >= 0.5, third >= 1) == (True, True, True)
