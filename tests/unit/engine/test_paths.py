import pytest

from jackfield.engine.expressions.errors import InvalidExpression
from jackfield.engine.expressions.text import evaluate
from jackfield.engine.undefined import UNDEFINED

PEOPLE = [
    {"n": "Ana", "age": 31, "tags": ["x", "y"], "home": {"city": "Ulm"}},
    {"n": "Bob", "age": 17, "tags": []},
    {"n": "Cem", "age": 45, "tags": ["y"], "note": None},
]
DOCUMENT = {"people": PEOPLE, "limit": 20, "nested": [[1, 2], [3]], "mixed": [1, "1", None, {}]}


def found(path: str) -> object:
    return evaluate(path, DOCUMENT, "strict")


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("@.age > 18", ["Ana", "Cem"]),
        ("@.age >= 17 && @.age < 40", ["Ana", "Bob"]),
        ("@.age <= 17 || @.n == 'Cem'", ["Bob", "Cem"]),
        ("@.n != 'Bob'", ["Ana", "Cem"]),
        ("@.age === '31'", []),
        ("@.age == '31'", ["Ana"]),
        ("@.age !== 31", ["Bob", "Cem"]),
        ("!@.home", ["Bob", "Cem"]),
        ('@.home.city == "Ulm"', ["Ana"]),
        ("@['home']['city'] == 'Ulm'", ["Ana"]),
        ("@.tags.length == 1", ["Cem"]),
        ("@.tags[0] == 'x'", ["Ana"]),
        ("@.tags.includes('y')", ["Ana", "Cem"]),
        ("@.n.startsWith('A')", ["Ana"]),
        ("@.n.endsWith('b')", ["Bob"]),
        ("@.n.indexOf('e') > 0", ["Cem"]),
        ("@.n.toLowerCase() == 'bob'", ["Bob"]),
        ("@.n.toUpperCase().trim() == 'BOB'", ["Bob"]),
        ("@.n.match(/^a/i)", ["Ana"]),
        ("/o.?$/.test(@.n)", ["Bob"]),
        ("@.age % 2 == 1 && @.age + 1 > 40", ["Cem"]),
        ("@.age - 1 == 30 || @.age * 2 / 2 == 17", ["Ana", "Bob"]),
        ("-@.age < -40", ["Cem"]),
        ("+@.age > @root.limit + 20", ["Cem"]),
        ("@property == 1", ["Bob"]),
        ("(@.age > 40 ? @.n : '') == 'Cem'", ["Cem"]),
        ("[17, 45].includes(@.age)", ["Bob", "Cem"]),
        ("@.note === null", ["Cem"]),
        ("@.note === undefined", ["Ana", "Bob"]),
        ("true", ["Ana", "Bob", "Cem"]),
        ("0x1F == @.age", ["Ana"]),
    ],
)
def test_a_filter_keeps_what_its_test_holds_for(test: str, names: list[str]) -> None:
    assert found(f"$.people[?({test})].n") == names


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("$.people[(@.length-1)].n", ["Cem"]),
        ("$.people[0,2].n", ["Ana", "Cem"]),
        ("$.people[-2:].n", ["Bob", "Cem"]),
        ("$.people[::2].n", ["Ana", "Cem"]),
        ("$.people[*].home.city", ["Ulm"]),
        ("$..city", ["Ulm"]),
        ("$.people[*].home^.n", ["Ana"]),
        ("$.people[0].home.*~", ["city"]),
        ("$.people[0]['n','age']", ["Ana", 31]),
        ("$.mixed[*]@number()", [1]),
        ("$.mixed[*]@string()", ["1"]),
        ("$.mixed[*]@null()", [None]),
        ("$.mixed[*]@object()", [{}]),
        ("$.mixed[*]@scalar()", [1, "1", None]),
        ("$.nested[*]@array()", [[1, 2], [3]]),
        ("$.nested[*][*]@integer()", [1, 2, 3]),
        ("$.nested.*.*", [1, 2, 3]),
        ("$.people[?(@parentProperty == 'people')].n", ["Ana", "Bob", "Cem"]),
    ],
)
def test_a_path_finds_its_matches_in_order(path: str, values: list) -> None:
    assert found(path) == values


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.people.length", 3),
        ("$.people[0].n.length", 3),
        ("$.people[0].n[0]", "A"),
        ("$.people[9].n", UNDEFINED),
        ("$.people[-1]", UNDEFINED),
        ("$['limit']", 20),
        ('$["limit"]', 20),
        ("$.`limit", 20),
        ("$.limit.deeper", UNDEFINED),
        ("$", DOCUMENT),
    ],
)
def test_a_path_without_choices_leads_to_one_value(path: str, value: object) -> None:
    assert found(path) == value


def test_a_filter_on_nothing_is_an_error_in_compat_mode_only() -> None:
    assert evaluate("$.mixed[?(@.x == 1)]", DOCUMENT, "strict") == []
    with pytest.raises(InvalidExpression):
        evaluate("$.mixed[?(@.x == 1)]", DOCUMENT)


@pytest.mark.parametrize(
    "path",
    [
        "$.a[?(@.b",
        "$.a[?(@.b.constructor())]",
        "$.a[?(b == 1)]",
        "$.a[?(@.b = 1)]",
        "$.a[?(@.b == )]",
        "$.a[?(@.b == 1; 2)]",
        "$.a[?(@.b.match(1, ))]",
        "$.a[?(/(/.test(@.b))]",
        "$.a]",
        "$.a b",
        "$.a$b",
    ],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(InvalidExpression):
        found(path)
