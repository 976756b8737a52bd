"""The programs of the pages that show one in several languages do what the pages say."""

import sys

import pytest

from tests.clients.conftest import Run, Served, run, served
from tests.support.node import node
from tests.support.snippets import Snippet, snippets

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

__all__ = ["run", "served"]
# Of the others there is no interpreter: tests/docs/test_snippets.py reads them.
PROGRAMS = {
    "curl": ("bash", "-euo", "pipefail", "-c"),
    "Python": (sys.executable, "-W", "error", "-c"),
    "TypeScript": (node(), "--input-type=module-typescript", "-e"),
}
SHOWN = [each for each in snippets() if each.name in PROGRAMS]


@pytest.mark.parametrize("snippet", SHOWN, ids=str)
async def test_a_program_runs_as_it_stands(served: Served, run: Run, snippet: Snippet) -> None:
    said = await run(
        *PROGRAMS[snippet.name],
        snippet.code,
        as_json=False,
        JACKFIELD_URL=served.url,
        JACKFIELD_API_KEY=served.key,
        ACCOUNT_ID=served.account,
        ITERABLE_KEY="69c182478e2a0d7f95ac361ac1814b53",
    )

    assert said.strip()
    assert '"statusCode"' not in said


def test_each_set_of_programs_is_in_the_same_five_languages() -> None:
    names = [each.name for each in snippets() if each.page == "docs/linking.md" and each.name]

    five = ["curl", "Python", "TypeScript", "Go", "Ruby"]
    assert names == five * (len(names) // len(five))
    assert len(SHOWN) == len(names) // len(five) * len(PROGRAMS)
