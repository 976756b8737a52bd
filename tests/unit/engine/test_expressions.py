import math
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from jackfield.engine.current_time import using_clock
from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.templates import compile_settled, compile_value
from jackfield.engine.expressions.text import check, compile_text, evaluate
from jackfield.engine.undefined import UNDEFINED

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
ROWS = {"rows": [{"id": 1}], "none": [], "inputs": {"id": "42", "blank": ""}}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
SYNTAX = st.text(
    st.sampled_from("ab.[]{}()|?:,!&=<>+-*/%^$@'\" 01\\~") | st.sampled_from("éß\n☂"), max_size=40
)


def strictly(text: str, context: dict | None = None) -> object:
    return evaluate(text, ROWS if context is None else context, "strict")


def test_a_list_of_one_stays_a_list_in_strict_mode() -> None:
    assert strictly("$.rows[*].id") == [1]
    assert evaluate("$.rows[*].id", ROWS) == 1


def test_a_wildcard_over_an_empty_list_is_empty_and_over_nothing_is_missing() -> None:
    assert strictly("$.none[*].id") == []
    assert strictly("$.nope[*].id") is UNDEFINED


def test_text_with_a_value_that_is_not_there_is_missing_in_strict_mode() -> None:
    assert strictly("/x/${inputs.nope}") is UNDEFINED
    assert strictly("/x/${inputs.blank}") == "/x/"


@pytest.mark.parametrize("text", ["", "  ", "$5 off", "$top", "Price $.99", "a {{x}}"])
def test_prose_is_only_text_in_strict_mode(text: str) -> None:
    assert strictly(text) == text


def test_a_value_is_put_in_as_it_is_in_strict_mode() -> None:
    context = {"a": "pa$$w0rd$&", "b": "${a}"}

    assert strictly("${a}/${b}", context) == "pa$$w0rd$&/${a}"


def test_and_binds_tighter_than_or_in_strict_mode() -> None:
    assert strictly("{{true || false && false}}") is True
    assert evaluate("{{true || false && false}}", {}) is False


def test_null_is_a_literal_in_strict_mode() -> None:
    assert strictly("{{null}}") is None
    assert evaluate("{{null}}", {}) is UNDEFINED


def test_what_an_expression_puts_together_has_no_holes_when_it_leaves() -> None:
    compiled = compile_text("{{ {a: nope, b: [nope, 1]} }}", "strict")

    assert compiled({}) == {"b": [None, 1]}


def test_a_template_leaves_out_what_is_missing() -> None:
    template = {"a": "$.nope", "b": ["$.nope", {"c": "$.inputs.id"}], "d": 1}

    assert compile_value(template, "strict")(ROWS) == {"b": [{"c": "42"}], "d": 1}
    assert compile_value(template, "compat")(ROWS) == {"b": [UNDEFINED, {"c": "42"}], "d": 1}
    assert compile_settled(template, "compat")(ROWS) == {"b": [None, {"c": "42"}], "d": 1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{$['a.b']}}", 1),
        ('{{ $["db-upload-uri"] + "x" }}', "Ux"),
        ("{{$['a b'].c}}", 2),
        ("/x/${$['a.b']}", "/x/1"),
        ("{{present($['none'])}}", False),
    ],
)
def test_a_name_that_is_no_plain_one_stands_in_brackets(text: str, value: object) -> None:
    context = {"a.b": 1, "db-upload-uri": "U", "a b": {"c": 2}, "inputs": {"name": "a.b"}}

    assert strictly(text, context) == value


def test_an_input_chooses_no_part_of_the_run() -> None:
    context = {"inputs": {"name": "credentials"}, "credentials": {"key": "K"}}

    assert strictly("{{$[inputs.name].key}}", context) is UNDEFINED
    assert strictly("{{$['credentials'].key}}", context) == "K"


def test_a_value_from_the_context_is_never_evaluated_again() -> None:
    context = {"inputs": {"a": "$.secret", "b": "{{secret}}", "c": "${secret}"}, "secret": "S"}

    for name in "abc":
        assert strictly(f"$.inputs.{name}", context) == context["inputs"][name]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{a +}}", "expected a value (at character 6"),
        ("{{upper(a}}", "expected ')' or ','"),
        ("{{nope(a)}}", "there is no function 'nope' (at character 7"),
        ("{{a.toUpperCase()}}", "there are no methods: write toUpperCase(value)"),
        ("{{a|upper}}", "there are no transforms"),
        ("$.a[0", "a [ without its ]"),
        ("$.a[?(@.b ==)]", "unexpected"),
        ("/x/${a b}/y", "unexpected 'b' (at character 8"),
    ],
)
def test_a_fault_is_told_in_words_and_with_its_place(text: str, words: str) -> None:
    found = check(text, mode="strict")

    assert found is not None
    assert words in found


@pytest.mark.parametrize("text", ["", "plain", "$.a.b", "{{present(a) ? 1 : 2}}", "${a}", "$top"])
def test_what_is_fine_has_no_fault(text: str) -> None:
    assert check(text, mode="strict") is None
    assert check(text, mode="compat") is None


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("lower('ÄB')", "äb"),
        ("upper('ab')", "AB"),
        ("upper(nope)", None),
        ("capitalize('ab c')", "Ab c"),
        ("truncate('abcdef', 4)", "abcd"),
        ("truncate('abcdef', 4, '…')", "abc…"),
        ("padStart(7, 3, '0')", "007"),
        ("padStart('abc', 2)", "abc"),
        ("encodeBase64('ü')", "w7w="),
        ("decodeBase64('w7w')", "ü"),
        ("decodeBase64('%')", None),
        ("regexMatch('abc-1', '-[0-9]$')", True),
        ("regexMatch(nope, 'a')", False),
        ("extractMatch('id=42;', 'id=([0-9]+)')", "42"),
        ("extractMatch('id=42;', '[0-9]+', 0)", "42"),
        ("extractMatch('id', '[0-9]+')", None),
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("sha256('a', 'base64')", "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="),
        (
            "hmacSha256('a', 'k')",
            "78da91511e675587f5b9df78bedebaf5560da2abb88162ee875dcdf744951d9e",
        ),
        ("dedupe([1, 2, 1, '1'])", [1, 2, "1"]),
        ("dedupe(people, 'age')", [{"n": "A", "age": 3}, {"n": "C", "age": 5}]),
        ("join(['a', 1, null])", "a,1,"),
        ("join(['a', 'b'], ' - ')", "a - b"),
        ("reduce([1, '2', 'x'], 'sum')", 3),
        ("reduce(people, 'max', 'age')", 5),
        ("reduce([[1], [2, 3]], 'concat')", [1, 2, 3]),
        ("reduce([{a: 1}, {b: 2}], 'merge')", {"a": 1, "b": 2}),
        ("reduce([], 'min')", None),
        ("zipObject(['a', 'b'], [1])", {"a": 1, "b": None}),
        (
            "groupBy(people, 'age')",
            {"3": [{"n": "A", "age": 3}, {"n": "B", "age": 3}], "5": [{"n": "C", "age": 5}]},
        ),
        ("deltaFromNowMs('2024-06-15T12:00:01Z')", 1000),
        ("now()", "2024-06-15T12:00:00.000Z"),
        ("hasPassed('2024-06-14', 'yyyy-MM-dd')", True),
        ("hasPassed('2024-06-14', 'yyyy-MM-dd', 1)", False),
        ("nextAnniversary('14/06/2000', 'dd/MM/yyyy')", "2025-06-14T00:00:00.000Z"),
        ("yearsElapsed('2000-06-16', 'yyyy-MM-dd')", 23),
        ("present(null ?? nope)", False),
    ],
)
def test_functions_do_as_they_are_documented(call: str, result: object) -> None:
    people = [{"n": "A", "age": 3}, {"n": "B", "age": 3}, {"n": "C", "age": 5}]

    with using_clock(lambda: NOW):
        found = compile_text("{{" + call + "}}", "strict")({"people": people})

    assert found == result


def test_has_passed_is_the_wrong_way_round_in_compat_mode() -> None:
    with using_clock(lambda: NOW):
        assert evaluate("{{hasPassed('2024-06-14', 'yyyy-MM-dd')}}", {}) is False
        assert evaluate("{{hasPassed('2024-06-15', 'yyyy-MM-dd')}}", {}) is True


@pytest.mark.parametrize(
    "text",
    [
        "{{" + "(" * 100 + "1" + ")" * 100 + "}}",
        "{{" + "!" * 100 + "a}}",
        "{{" + "+".join(["a"] * 400) + "}}",
        "{{'" + "a" * 20_000 + "'}}",
        "$" + ".a" * 100,
        "$.a[?(" + "(" * 50 + "1" + ")" * 50 + ")]",
    ],
)
def test_what_is_too_large_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(InvalidExpression):
        compile_text(text, "strict")


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("{{" + "+".join(["s"] * 200) + "}}", {"s": "x" * 1_000_000}),
        ("$" + "..*" * 12, {"a": [[[{"b": [[1] * 9] * 9}] * 9] * 9] * 9}),
        ("{{l[" + ".a || l[" * 3 + ".b" + "]" * 4 + "}}", {"l": [{"c": 1}] * 400}),
        ("{{padStart('a', 999999999)}}", {}),
        ("{{regexMatch(s, '(a+)+$')}}", {"s": "a" * 50_000 + "b"}),
    ],
)
def test_what_would_cost_too_much_comes_to_nothing(text: str, context: dict) -> None:
    assert compile_text(text, "strict")(context) in (UNDEFINED, False)


@given(SYNTAX, JSON, st.sampled_from(["{{%s}}", "$.%s", "${%s}", "%s"]))
@example("(" * 30, None, "{{%s}}")
@example("a[?(@.b^~)]", None, "$.%s")
def test_no_text_raises_anything_but_its_own_error(text: str, value: object, form: str) -> None:
    for mode in ("compat", "strict"):
        with suppress(InvalidExpression):
            compile_text(form % text, mode)({"a": value, "b": {"a": value}})


@given(
    JSON,
    JSON,
    st.sampled_from(
        [
            "+",
            "-",
            "*",
            "/",
            "//",
            "%",
            "^",
            "==",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "in",
            "&&",
            "||",
            "??",
        ]
    ),
)
def test_operators_take_any_values(left: object, right: object, operator: str) -> None:
    found = evaluate("{{a " + operator + " b}}", {"a": left, "b": right})

    assert not isinstance(found, float) or math.isnan(found) or found == found  # noqa: PLR0124
