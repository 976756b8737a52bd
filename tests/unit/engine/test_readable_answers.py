import json
import time
from typing import Any

import pytest

from jackfield.engine.ports import Response
from jackfield.engine.wire.formats import read_format
from jackfield.kit.errors import AnswerTooDeep, ProviderError, ProviderRejected, UnreadableAnswer
from tests.unit.engine.building import Provider, action, answer, request, run, step, text_answer

pytestmark = pytest.mark.anyio

PAGED = {
    "url": "/x",
    "method": "get",
    "response": {"dataKey": "rows", "nextKey": "next"},
    "iterator": {"key": "cursor", "in": "query"},
}


def raw(body: bytes, content_type: str | None = None, status: int = 200) -> Response:
    return Response(status, {"content-type": content_type} if content_type else {}, body)


def reading(format_: str, **response: object) -> dict:
    return request("/x", response={"format": format_, **response})


@pytest.mark.parametrize(
    ("format_", "body", "data"),
    [
        ("text", "a,é", "a,é"),
        ("auto", "a,é", "a,é"),
        ("lines", "é\nü", ["é", "ü"]),
        ("csv", "id,a\n1,é", [{"id": "1", "a": "é"}]),
        ("json", '{"a":"é"}', {"a": "é"}),
        ("ndjson", '{"a":"é"}\n{"a":"ü"}', [{"a": "é"}, {"a": "ü"}]),
    ],
)
@pytest.mark.parametrize(
    "charset",
    ["windows-1252", "ISO-8859-1", '"iso-8859-15"', "utf-8", "UTF8", "utf-16", "utf-16le"],
)
async def test_a_declared_charset_is_obeyed(
    format_: str, body: str, data: object, charset: str
) -> None:
    content = raw(body.encode(charset.strip('"')), f"text/csv; charset={charset}")

    outcome = await run(action(reading(format_)), Provider([content]))

    assert (outcome.data, outcome.warnings) == (data, ())


@pytest.mark.parametrize("charset", ["us-ascii", "nonsense", "zlib", "unicode_escape", "idna", "x"])
async def test_a_charset_that_is_none_is_read_as_utf8(charset: str) -> None:
    content = raw("é\\n".encode(), f"text/plain; charset={charset}")

    outcome = await run(action(reading("text")), Provider([content]))

    assert outcome.data == "é\\n"


@pytest.mark.parametrize("format_", ["text", "csv", "lines", "auto", "json", "ndjson"])
async def test_characters_that_cannot_be_read_are_told(format_: str) -> None:
    bodies = {"json": b'{"a":"caf\xe9"}', "ndjson": b'{"a":"caf\xe9"}'}

    outcome = await run(
        action(reading(format_)), Provider([raw(bodies.get(format_, b"caf\xe9\nx"))])
    )

    assert "caf\ufffd" in str(outcome.data)
    assert outcome.warnings == ("ask: some characters of the answer could not be read",)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\r\n"])
async def test_a_value_a_line_is_read_whole_however_many_there_are(end: str) -> None:
    rows = [{"n": number, "text": "x" * (number % 97)} for number in range(3_000)]
    body = end.join(json.dumps(each) for each in rows)

    outcome = await run(action(reading("ndjson")), Provider([raw(body.encode(), "text/plain")]))

    assert outcome.data == rows


async def test_a_line_ends_at_a_line_feed_only_and_keeps_its_text() -> None:
    body = "a\u2028b@x.com\r\n user id \n\nuser\u0085x\n\x0b\x1cc\n"

    outcome = await run(action(reading("lines")), Provider([text_answer(body)]))

    assert outcome.data == ["a\u2028b@x.com", " user id ", "user\u0085x", "\x0b\x1cc"]


@pytest.mark.parametrize("format_", ["csv", "lines"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/problem+json"])
async def test_an_error_in_json_is_no_table(format_: str, kind: str) -> None:
    body = b'{"msg":"Invalid API key","code":"BadApiKey","params":null}'

    with pytest.raises(UnreadableAnswer, match="Invalid API key"):
        await run(action(reading(format_)), Provider([raw(body, kind)]))


async def test_a_table_whose_first_line_only_looks_like_json_is_a_table() -> None:
    outcome = await run(action(reading("lines")), Provider([text_answer('{"a":1}\n{"a":2}')]))

    assert outcome.data == ['{"a":1}', '{"a":2}']


@pytest.mark.parametrize("body", ['{"s":"a\\ud83d b"}', '{"l":["\\ud83d"]}', '{"\\ude00":1}'])
@pytest.mark.parametrize("format_", ["json", "auto", "ndjson"])
async def test_half_a_character_is_replaced_when_it_is_read(format_: str, body: str) -> None:
    outcome = await run(action(reading(format_)), Provider([text_answer(body)]))

    assert "\ufffd" in str(outcome.data)
    str(outcome.data).encode()


async def test_a_whole_character_written_as_a_pair_stays_whole() -> None:
    outcome = await run(
        action(request("/x")), Provider([text_answer('{"s":"\\ud83c\\udf89", "t":"\\ud83d"}')])
    )

    assert outcome.data == {"s": "🎉", "t": "\ufffd"}


@pytest.mark.parametrize("engine", ["strict", "compat"])
@pytest.mark.parametrize(
    ("asked", "content_type"),
    [
        (reading("json"), "application/json"),
        (reading("auto"), "text/plain"),
        (reading("ndjson"), "application/x-ndjson"),
        (step("paginated_request", PAGED), "application/json"),
        (step("download_file", {"url": "/x", "response": {"dataKey": "a"}}), "application/json"),
        (step("mcp_request", {"url": "/x", "toolName": "t"}), "text/event-stream"),
        (request("/x"), "text/xml"),
    ],
)
async def test_an_answer_that_is_too_deep_says_so_and_a_refusal_is_still_one(
    asked: dict[str, Any], content_type: str, engine: str
) -> None:
    deep = "[" * 5000 + "]" * 5000
    deep = "<a>" * 5000 + "</a>" * 5000 if content_type == "text/xml" else f'{{"a": {deep}}}'
    deep = f"data: {deep}\n\n" if content_type == "text/event-stream" else deep
    if engine == "compat":
        asked["stepFunction"]["parameters"].get("response", {}).pop("format", None)
    compiled = action(asked, engine=engine)

    with pytest.raises(AnswerTooDeep) as caught:
        await run(compiled, Provider([raw(deep.encode(), content_type)]))
    with pytest.raises(ProviderRejected):
        await run(compiled, Provider([raw(deep.encode(), content_type, 400)]))

    assert caught.value.answer is not None
    assert caught.value.answer.status == 200


@pytest.mark.parametrize(
    ("status", "told"), [(302, "a redirect"), (304, "neither a success nor"), (300, "neither a")]
)
async def test_a_status_between_success_and_error_is_called_what_it_is(
    status: int, told: str
) -> None:
    with pytest.raises(UnreadableAnswer, match=f"its status {status} is {told}"):
        await run(action(request("/x")), Provider([raw(b"", status=status)]))


@pytest.mark.parametrize("number", ["1e999", "-1e400", "NaN", "Infinity"])
async def test_a_number_that_is_none_is_refused_and_does_not_become_null(number: str) -> None:
    with pytest.raises(UnreadableAnswer):
        await run(action(request("/x")), Provider([text_answer(f'{{"n": {number}}}')]))


@pytest.mark.parametrize(
    "body",
    [{"success": False, "error": {"message": "no"}}, {"status": "pending"}, {}, {"items2": []}, []],
)
async def test_an_answer_without_what_was_to_be_taken_from_it_is_unreadable(body: object) -> None:
    compiled = action(request("/x", response={"dataKey": "items"}))

    with pytest.raises(UnreadableAnswer, match="nothing at 'items'"):
        await run(compiled, Provider([answer(body)]))


async def test_the_words_of_such_an_answer_reach_the_caller() -> None:
    compiled = action(request("/x", response={"dataKey": "a.b"}))

    with pytest.raises(UnreadableAnswer, match="quota used up") as caught:
        await run(compiled, Provider([answer({"a": None, "error": {"message": "quota used up"}})]))

    assert caught.value.answer is not None
    assert caught.value.answer.status == 200


@pytest.mark.parametrize(
    "asked",
    [
        request("/x", response={"dataKey": "a.b"}),
        step("request", {"url": "/x", "method": "get"}, successCriteria="{{data.ok}}"),
        step("paginated_request", PAGED),
        step("paginated_request", {**PAGED, "response": {}}, successCriteria="{{data.ok}}"),
        step(
            "upload_binary",
            {"url": "/x", "binaryContent": {"content": "aGk="}},
            successCriteria="{{data.ok}}",
        ),
        step("download_file", {"url": "/x", "response": {"dataKey": "file"}}),
        step("download_file", {"url": "/x"}, successCriteria="{{statusCode > 200}}"),
    ],
)
async def test_whatever_finds_a_success_to_be_none_passes_on_what_it_says(
    asked: dict[str, Any],
) -> None:
    body = {"rows": "none", "msg": "quota of T0KEN-OF-THE-ACCOUNT used up"}

    with pytest.raises(ProviderError, match=r"quota of .* used up") as caught:
        await run(action(asked), Provider([answer(body, request_id="42")]))

    answered = caught.value.answer
    assert answered is not None
    assert (answered.status, answered.headers["request-id"]) == (200, "42")
    assert "T0KEN-OF" not in f"{caught.value.detail}{answered}"


@pytest.mark.parametrize(
    ("response", "data"),
    [
        (answer({"items": None}), None),
        (answer({"items": []}), []),
        (Response(204, {}, b""), None),
        (answer(None, 204), None),
    ],
)
async def test_what_is_there_and_empty_is_no_fault(response: Response, data: object) -> None:
    outcome = await run(action(request("/x", response={"dataKey": "items"})), Provider([response]))

    assert outcome.data == data


async def test_compat_mode_gives_nothing_where_the_published_engine_does() -> None:
    compiled = action(request("/x", response={"dataKey": "items"}), engine="compat")

    outcome = await run(compiled, Provider([answer({"error": "no"})]))

    assert outcome.data is None


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("a,b\n1\n2,3\n", [{"a": "1", "b": None}, {"a": "2", "b": "3"}]),
        ("a,b\n1,2,3\n4,5", [{"a": "1", "b": "2", "column 3": "3"}, {"a": "4", "b": "5"}]),
        ("a,b\n\n1,2\n\n", [{"a": "1", "b": "2"}]),
        ("a,b\n", []),
        ('a\n"1\n2"\n', [{"a": "1\n2"}]),
        ('a\n"1 "" 2"', [{"a": '1 " 2'}]),
        ('a\nx"y\n', [{"a": 'x"y'}]),
        ("a,a\r\n1,2\r\n", [{"a": "1", "a (2)": "2"}]),
    ],
)
def test_each_row_of_a_table_has_a_value_for_each_column(table: str, rows: list[Any]) -> None:
    assert read_format(raw(table.encode(), "text/csv"), "csv") == rows


@pytest.mark.parametrize("table", ['a,b\n1,"2\n3,4\n', '"a,b\n1,2\n', 'a\n"', 'a\n1\n"2""\n3'])
def test_a_quote_that_is_not_closed_is_no_table(table: str) -> None:
    with pytest.raises(ValueError, match="a quote is not closed"):
        read_format(raw(table.encode(), "text/csv"), "csv")


def test_a_long_header_over_many_short_rows_is_refused_and_not_filled_up() -> None:
    table = raw(b"," * 15_000 + b"\n" + b"x\n" * 50_000, "text/csv")

    with pytest.raises(ValueError, match="750,000,000 cells are lacking"):
        read_format(table, "csv")


def test_columns_whose_numbered_names_are_taken_are_named_in_no_time() -> None:
    taken = [f"a ({number})" for number in range(2, 7_000)]
    table = raw(",".join([*taken, *["a"] * 7_000]).encode() + b"\n1\n", "text/csv")
    started = time.thread_time()

    rows = read_format(table, "csv")

    assert time.thread_time() - started < 2
    assert len(rows[0]) == len(taken) + 7_000
