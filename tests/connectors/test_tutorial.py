"""The tutorial's connector is the one on its page, and works."""

from pathlib import Path

import pytest

from jackfield.connectors.loading.loader import load
from jackfield.testing.case_files import read_cases
from jackfield.testing.cases import run_case

DOCS = Path(__file__).parents[2] / "docs" / "connectors"
MAILING = DOCS / "example" / "mailing"


@pytest.mark.anyio
async def test_the_tutorials_connector_is_sound_and_its_cases_hold() -> None:
    connector = load(MAILING / "mailing.connector.s1.yaml")

    assert connector.findings == ()
    assert connector.icon is not None
    assert [await run_case(connector, case) for _, case in read_cases(connector)] == [[], [], []]


@pytest.mark.parametrize("file", sorted(MAILING.rglob("*.yaml")), ids=lambda file: file.name)
def test_the_page_shows_every_line_of_it(file: Path) -> None:
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")

    missing = [line for line in file.read_text(encoding="utf-8").splitlines() if line not in page]

    assert missing == []
