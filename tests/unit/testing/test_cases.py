"""A case fails when anything comes out differently, and says what."""

from pathlib import Path

import pytest

from jackfield.connectors.connector import Connector
from jackfield.connectors.loading.discovery import own_folder
from jackfield.connectors.loading.loader import load
from jackfield.connectors.scaffold import sketch, write_files
from jackfield.engine.ports import Request
from jackfield.testing.case_files import Case, InvalidCase, read_cases
from jackfield.testing.cases import run_case
from jackfield.testing.expectations import compare

CASE = """\
- case: a list
  action: list_lists
  credentials: { api_key: 0123456789abcdef0123456789abcdef, region: us }
  provider:
    - expect: { method: GET, path: /api/lists, headers: { api-key: 0123456789abcdef0123456789abcdef } }
      answer: { json: { lists: [{ id: 1, name: a }] } }
  output: [{ id: 1, name: a }]
"""
LINK = """\
- case: a link
  link: api_key
  credentials: { api_key: 0123456789abcdef0123456789abcdef, region: us }
  provider:
    - expect: { method: GET, path: /api/channels }
      answer: { status: 401, json: { msg: no } }
  error: { code: provider_unauthorized }
"""


@pytest.fixture(scope="module")
def iterable() -> Connector:
    return load(own_folder() / "iterable" / "iterable.connector.s1.yaml")


@pytest.fixture(scope="module")
def fernwood() -> Connector:
    return load(own_folder() / "fernwood" / "fernwood.connector.s1.yaml")


def case_of(text: str, folder: Path, *, key: str = "iterable") -> Case:
    """Read a case the way it is read from beside a connector."""
    write_files(sketch(key), folder / key)
    connector = load(folder / key / f"{key}.connector.s1.yaml")
    for file in (folder / key / "cases").iterdir():
        file.write_text(text, encoding="utf-8")
    return next(case for _, case in read_cases(connector))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("a list", "a list", None),
        ("method: GET", "method: POST", 'request 1: method: expected "POST", got "GET"'),
        ("path: /api/lists", "path: /x", 'request 1: path: expected "/x", got "/api/lists"'),
        (
            "path: /api/lists",
            "path: /api/lists, host: eu.example",
            'request 1: host: expected "eu.example", got "api.iterable.com"',
        ),
        (
            "path: /api/lists",
            "path: /api/lists, query: { a: 1 }",
            'request 1: query.a: expected ["1"], got nothing',
        ),
        ("{ api-key: 0", "{ api-key: 1", "request 1: headers.api-key: expected "),
        (
            "path: /api/lists",
            "path: /api/lists, body: { a: 1 }",
            'request 1: body: expected {"a":1}, got null',
        ),
        ("output: [{ id: 1", "output: [{ id: 2", "output[0].id: expected 2, got 1"),
        ("output: [{ id: 1, name: a }]", "output: []", "output: expected 0 items, got 1"),
        ("  output", "  more: true\n  output", "more: expected true, got false"),
        ("  output", "  warnings: [x]\n  output", "warnings: expected 1 items, got 0"),
        ("  output", "  file: {}\n  output", "file: expected true, got false"),
        (
            "output: [{ id: 1, name: a }]",
            "error: { code: invalid_inputs }",
            "error: expected invalid_inputs, got an output",
        ),
        ("answer: {", "answer: { status: 404,", "error: provider_rejected: "),
        ("  provider", "  inputs: { a: 1 }\n  provider", "error: invalid_inputs: "),
    ],
)
async def test_a_difference_is_told(
    iterable: Connector, tmp_path: Path, old: str, new: str, difference: str | None
) -> None:
    assert old in CASE
    case = case_of(CASE.replace(old, new, 1), tmp_path)

    found = await run_case(iterable, case)

    assert any(each.startswith(difference) for each in found) if difference else found == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("a link", "a link", None),
        ("provider_unauthorized", "provider_rejected", "error.code: expected "),
        ("unauthorized }", "unauthorized, message: No. }", "error.message: expected "),
        ("unauthorized }", "unauthorized, faults: {} }", "error.faults.api_key: not expected: "),
        ("region: us", "region: mars", "error.code: expected "),
    ],
)
async def test_linking_is_compared_too(
    iterable: Connector, tmp_path: Path, old: str, new: str, difference: str | None
) -> None:
    case = case_of(LINK.replace(old, new, 1), tmp_path)

    found = await run_case(iterable, case)

    assert any(each.startswith(difference) for each in found) if difference else found == []


@pytest.mark.anyio
async def test_a_request_too_many_is_told(iterable: Connector, tmp_path: Path) -> None:
    text = CASE[: CASE.index("  provider")] + "  output: []\n"

    found = await run_case(iterable, case_of(text, tmp_path))

    assert found == ["no answer left for GET https://api.iterable.com/api/lists"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ("parts: { file: bye }", 'request 1: parts.file: expected "bye", got "hello"'),
        ("contains: [bye]", 'request 1: body: expected "bye" in '),
        ("form: { a: 1 }", "request 1: form.a: expected "),
        ("body: hello", 'request 1: body: expected "hello", got "--'),
    ],
)
async def test_bodies_that_are_no_json_are_compared(
    fernwood: Connector, tmp_path: Path, expected: str, difference: str
) -> None:
    text = f"""\
- case: an upload
  action: upload_document
  credentials: {{ subdomain: acme, accessToken: t }}
  inputs: {{ employee_id: "7", name: a.txt, content: aGVsbG8= }}
  provider:
    - expect: {{ method: POST, path: /api/v2/employees/7/documents, {expected} }}
"""

    found = await run_case(fernwood, case_of(text, tmp_path))

    assert any(each.startswith(difference) for each in found), found


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "difference"),
    [
        ("query: { n: { matches: '[0-9]+' } }", None),
        ("query: { n: { matches: '[0-9]' } }", "query.n"),
        ("query: { n: { matches: 7 } }", "query.n"),
        ("query: { n: '77', m: { matches: '.*' } }", "query.m"),
        ("query: { n: '77' }, headers: { api-key: { matches: 'k.' } }", None),
        ("query: { n: '77' }, headers: { api-key: { matches: 'x.' } }", "headers.api-key"),
        ("query: { n: '77' }, headers: { none: { matches: '.*' } }", "headers.none"),
    ],
)
async def test_what_varies_is_compared_with_a_pattern(
    tmp_path: Path, given: str, difference: str | None
) -> None:
    expected = "{ method: GET, path: /a, " + given + " }"
    text = f"- case: a list\n  action: list_lists\n  provider: [{{ expect: {expected} }}]\n"
    sent = Request("GET", "https://x.test/a?n=77", {"Api-Key": "k1"})

    found = list(compare(case_of(text, tmp_path).provider[0].expect, sent))

    assert any(each.startswith(difference) for each in found) if difference else found == []


@pytest.mark.parametrize(
    "text", ["case: x", "- case: x\n  actoin: y", "- [", "- action: y", "- case: x\n  follow: one"]
)
def test_what_is_no_case_is_refused_with_its_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidCase, match=r"cases/items\.yaml"):
        case_of(text, tmp_path)


@pytest.mark.anyio
@pytest.mark.parametrize("text", ["action: nobody", "link: nobody", "refresh: api_key"])
async def test_a_case_for_what_is_not_there_is_told(
    iterable: Connector, tmp_path: Path, text: str
) -> None:
    case = case_of(f"- case: x\n  {text}\n", tmp_path)

    assert [each.partition(":")[0] for each in await run_case(iterable, case)] == ["error"]
