import json

import pytest

from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.text import evaluate
from jackfield.engine.inputs.errors import InvalidInputs
from jackfield.engine.wire.xml_reader import XmlForm, read_xml
from jackfield.kit.errors import HubError
from tests.unit.engine.building import Provider, action, answer, request, run, step

pytestmark = pytest.mark.anyio

ID = 7615917337495251231
NEIGHBOR = ID + 1
THIRTY_DIGITS = 123456789012345678901234567890


@pytest.mark.parametrize("number", [ID, -ID, 2**53 + 1, 10**21, THIRTY_DIGITS])
async def test_a_whole_number_keeps_its_digits_wherever_it_becomes_text(number: int) -> None:
    provider = Provider([answer({})])
    args = [
        {"name": "q", "value": "$.inputs.n", "in": "query"},
        {"name": "l", "value": ["$.inputs.n"], "in": "query", "arrayFormat": "comma"},
        {"name": "t", "value": "x${inputs.n}", "in": "query"},
        {"name": "j", "value": "{{'x' + inputs.n}}", "in": "query"},
        {"name": "X-N", "value": "$.inputs.n", "in": "headers"},
    ]

    await run(action(request("/p/${inputs.n}", args=args)), provider, {"n": number})

    (sent,) = provider.sent
    assert sent.url == (
        f"https://api.example.com/p/{number}?q={number}&t=x{number}&j=x{number}&l={number}"
    )
    assert sent.headers["X-N"] == str(number)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/xml"])
async def test_a_whole_number_keeps_its_digits_in_forms_and_xml(kind: str) -> None:
    provider = Provider([answer({})])
    args = [
        {"name": "Content-Type", "value": kind, "in": "headers"},
        {"name": "n", "value": "$.inputs.n", "in": "body"},
    ]

    await run(action(request("/p", "post", args=args)), provider, {"n": ID})

    assert str(ID).encode() in (provider.sent[0].body or b"")


@pytest.mark.parametrize("text", ["a\tb\nc", "-----BEGIN-----\r\nx\ry", "\"'<&]]>é\U0001f600"])
async def test_a_text_keeps_its_lines_and_signs_in_xml(text: str) -> None:
    provider = Provider([answer({})])
    args = [
        {"name": "Content-Type", "value": "application/xml", "in": "headers"},
        {"name": "t", "value": {"@_a": "$.inputs.t", "b": "$.inputs.t"}, "in": "body"},
    ]

    await run(action(request("/p", "post", args=args)), provider, {"t": text})

    written = read_xml(provider.sent[0].body or b"", XmlForm())
    assert written == {"t": {"@_a": text, "b": text}}


async def test_a_page_cursor_that_is_a_long_number_is_sent_with_all_its_digits() -> None:
    provider = Provider([answer({"rows": [1], "next": ID}), answer({"rows": [2]})])
    paged = step(
        "paginated_request",
        {
            "url": "/l",
            "method": "get",
            "response": {"dataKey": "rows", "nextKey": "next"},
            "iterator": {"key": "cursor", "in": "query"},
        },
    )

    outcome = await run(action(paged), provider, {"page_size": 2})

    assert outcome.data == [1, 2]
    assert provider.urls[1] == f"https://api.example.com/l?cursor={ID}"


async def test_a_cast_keeps_every_digit_of_a_whole_number() -> None:
    provider = Provider([answer({"a": ID, "b": str(ID), "c": [ID, {"d": 1}], "e": "Infinity"})])
    fields = [
        {"targetFieldKey": "a", "type": "string"},
        {"targetFieldKey": "b", "type": "number"},
        {"targetFieldKey": "c", "type": "string"},
        {"targetFieldKey": "e", "type": "number"},
    ]
    cast = step(
        "typecast",
        {"fields": fields, "dataSource": "$.steps.ask.output.data"},
        version="2",
        step_id="cast",
    )

    outcome = await run(action(request("/x"), cast), provider)

    assert outcome.data == {"a": str(ID), "b": ID, "c": f'{ID},{{"d":1}}', "e": None}


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("{{n + 1}}", ID + 1),
        ("{{n - 1}}", ID - 1),
        ("{{n * 3}}", ID * 3),
        ("{{n % 10}}", 1),
        ("{{n // 10}}", ID // 10),
        ("{{(n * 2) / 2}}", ID),
        ("{{5 / 2}}", 2.5),
        (f"{{{{n == '{ID}'}}}}", True),
        (f"{{{{n == '{NEIGHBOR}'}}}}", False),
        ("{{n < m}}", True),
        ("{{n >= m}}", False),
        (f"{{{{n == {ID}}}}}", True),
        ("{{reduce([n, m], 'max')}}", NEIGHBOR),
        ("{{reduce([n, m], 'sum')}}", ID + NEIGHBOR),
        (f"$.rows[?(@.id == {ID})].id", [ID]),
        (f"$.rows[?(@.id > {ID})].id", [NEIGHBOR]),
    ],
)
def test_strict_mode_computes_and_compares_whole_numbers_exactly(
    source: str, result: object
) -> None:
    rows = [{"id": ID}, {"id": NEIGHBOR}]

    assert evaluate(source, {"n": ID, "m": NEIGHBOR, "rows": rows}, "strict") == result


@pytest.mark.parametrize(
    "source",
    [
        "{{a - 1}}",
        "{{'x' * 2}}",
        "{{1 / 0}}",
        "{{0 / 0}}",
        "{{10 ^ 400}}",
        "{{'x' + a}}",
        "{{b-c}}",
    ],
)
async def test_what_has_no_result_is_left_out_and_never_sent_as_nan(source: str) -> None:
    provider = Provider([answer({})])
    args = [
        {"name": "q", "value": source, "in": "query"},
        {"name": "n", "value": {"v": source, "w": 1}, "in": "body"},
    ]

    await run(action(request("/x", "post", args=args)), provider)

    assert provider.urls == ["https://api.example.com/x"]
    assert json.loads(provider.sent[0].body or b"") == {"n": {"w": 1}}


async def test_an_address_without_a_value_is_refused_and_never_sent_as_nan() -> None:
    provider = Provider([answer({})])

    with pytest.raises(HubError):
        await run(action(request("/items/${inputs.item-id}")), provider, {"item-id": "7"})

    assert provider.sent == []


@pytest.mark.parametrize(
    ("argument", "query"),
    [
        ({"value": ["$.inputs.o"], "arrayFormat": "stringify"}, "f=%5B%7B%22a%22%3A%5B1%5D%7D%5D"),
        ({"value": "x${inputs.o}"}, "f=x%7B%22a%22%3A%5B1%5D%7D"),
    ],
)
async def test_an_object_in_a_query_is_sent_as_json(argument: dict, query: str) -> None:
    provider = Provider([answer({})])
    compiled = action(request("/x", args=[{"name": "f", "in": "query", **argument}]))

    await run(compiled, provider, {"o": {"a": [1]}})

    assert provider.urls == [f"https://api.example.com/x?{query}"]


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}]])
async def test_an_object_in_a_path_is_a_fault_of_the_input(value: object) -> None:
    provider = Provider([answer({})])

    with pytest.raises(InvalidInputs) as caught:
        await run(action(request("/x/${inputs.o}")), provider, {"o": value})

    assert [fault.path for fault in caught.value.faults] == ["path.o"]
    assert provider.sent == []


async def test_compat_mode_writes_long_numbers_as_the_published_engine_does() -> None:
    provider = Provider([answer({})])
    args = [{"name": "q", "value": "$.inputs.n", "in": "query"}]

    await run(action(request("/x", args=args), engine="compat"), provider, {"n": ID})

    assert provider.urls == ["https://api.example.com/x?q=7615917337495251000"]


@pytest.mark.parametrize(
    ("kind", "given", "sent"),
    [
        ("integer", str(ID), str(ID)),
        ("integer", 1e21, str(10**21)),
        ("number", "1.50", "1.5"),
        ("string", ID, str(ID)),
        ("string", 1.5e-7, "1.5e-7"),
    ],
)
async def test_a_path_input_is_sent_as_it_was_given(kind: str, given: object, sent: str) -> None:
    provider = Provider([answer({})])
    inputs = [{"name": "id", "type": kind, "in": "path", "required": True}]
    compiled = action(request("/x/${inputs.id}"), inputs=inputs)

    await run(compiled, provider, compiled.accept({"path": {"id": given}}))

    assert provider.urls == [f"https://api.example.com/x/{sent}"]


@pytest.mark.parametrize("given", ["1_000", "٣", "1e999", "NaN", "inf", "0x10", ""])
def test_a_text_that_is_no_number_of_json_is_no_number(given: str) -> None:
    inputs = [{"name": "n", "type": "number", "in": "query"}]
    compiled = action(request("/x"), inputs=inputs)

    with pytest.raises(InvalidInputs):
        compiled.accept({"query": {"n": given}})


async def test_an_object_that_no_style_writes_into_a_query_is_a_fault_of_the_input() -> None:
    provider = Provider([answer({})])
    args = [{"name": "f", "value": "$.inputs.o", "in": "query"}]

    with pytest.raises(InvalidInputs) as caught:
        await run(action(request("/x", args=args)), provider, {"o": {"a": 1}})

    assert [fault.path for fault in caught.value.faults] == ["query.f"]
    assert provider.sent == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("no", False), ("Off", False), ("False", False), (" 0 ", False), ("null", False), ("", None),
     ("yes", True), ("true", True), ("1", True), (0, False), (1, True)],
)  # fmt: skip
async def test_a_cast_to_a_boolean_takes_a_text_for_what_it_means(
    text: object, value: object
) -> None:
    fields = [{"targetFieldKey": "x", "type": "boolean"}]
    cast = step("typecast", {"fields": fields, "dataSource": "$.inputs.r"}, version="2")
    compiled = action(cast, inputs=[{"name": "r", "type": "object", "in": "body"}])

    outcome = await run(compiled, Provider([answer()]), {"r": {"x": text}})

    assert outcome.data == {"x": value}


@pytest.mark.parametrize(
    ("path", "value"),
    [("$", {"a": {"b": 1}, "b": 2}), ("$..b", [2, 1]), ("$..c", []), ("$['b']", 2), ("$.a..b", [1])],
)  # fmt: skip
async def test_a_path_from_the_root_of_a_field_is_one_in_the_record(
    path: str, value: object
) -> None:
    fields = [{"targetFieldKey": "x", "type": "string", "expression": path}]
    mapping = step("map_fields", {"fields": fields, "dataSource": "$.inputs.r"}, version="2")
    compiled = action(mapping, inputs=[{"name": "r", "type": "object", "in": "body"}])

    outcome = await run(compiled, Provider([answer()]), {"r": {"a": {"b": 1}, "b": 2}})

    assert outcome.data == {"x": value}


def test_the_whole_run_is_no_value() -> None:
    with pytest.raises(InvalidExpression, match="the whole run"):
        action(step("static_values", {"values": {"x": "$"}}))


@pytest.mark.parametrize("number", [10**400, -(10**308), 10**4299])
async def test_a_number_beyond_a_double_keeps_its_digits_when_it_is_cast(number: int) -> None:
    fields = [
        {"targetFieldKey": "n", "type": "number"},
        {"targetFieldKey": "s", "type": "string"},
    ]
    cast = step("typecast", {"fields": fields, "dataSource": "$.inputs.r"}, version="2")

    compiled = action(cast, inputs=[{"name": "r", "type": "object", "in": "body"}])

    outcome = await run(compiled, Provider([answer()]), {"r": {"n": number, "s": number}})

    assert outcome.data == {"n": number, "s": str(number)}
