"""The examples of the docs, run as they stand."""

import re
import sys

import pytest

from tests.clients.conftest import FOLDER, Run, Served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

DOCS = FOLDER.parents[1] / "docs"
PAGES = ("mcp.md", "a2a.md", "client.md", "api/search.md")


def examples() -> list[tuple[str, str, str]]:
    return [
        (page, language, code)
        for page in PAGES
        for language, code in re.findall(
            r"^```(python|sh)\n(.*?)^```",
            (DOCS / page).read_text("utf-8"),
            re.DOTALL | re.MULTILINE,
        )
        if language == "python" or code.startswith("curl")
    ]


@pytest.mark.parametrize(("language", "code"), [each[1:] for each in examples()])
async def test_an_example_works_as_it_stands(
    served: Served, run: Run, language: str, code: str
) -> None:
    program = [sys.executable, "-W", "error", "-c"] if language == "python" else ["bash", "-ec"]

    said = await run(
        *program,
        code,
        as_json=False,
        JACKFIELD_URL=served.url,
        JACKFIELD_API_KEY=served.key,
        ACCOUNT_ID=served.account,
    )

    assert said.strip()
    assert '"statusCode"' not in said


def test_there_are_examples_on_each_page() -> None:
    assert {page for page, _, _ in examples()} == set(PAGES)
