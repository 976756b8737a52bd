"""`stackone-ai` from PyPI, unmodified."""

from pathlib import Path

import pytest

from tests.clients.conftest import FOLDER, Run, Served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_the_published_agent_toolset_fetches_filters_finds_and_runs(
    served: Served, published_python: Path, run: Run
) -> None:
    said = await run(
        published_python,
        FOLDER / "python" / "toolset.py",
        served.url,
        served.account,
        STACKONE_API_KEY=served.key,
    )

    assert said["count"] == len(served.hub.catalog.get("iterable").actions)
    assert "iterable_list_campaigns" in said["filtered"]
    assert all("_list_" in name for name in said["filtered"])
    assert said["others"] == 0
    assert said["parameters"]["required"] == ["path_listId"]
    assert said["size"]["data"] is not None
    assert said["created"]["data"]
    assert said["found"][0] == "iterable_get_list_size"
    assert "_iterable_send_email_" in said["names"][0]
    assert said["refusal"]["type"] == "StackOneAPIError"
    assert said["refusal"]["status"] == 502
    assert said["refusal"]["body"]["message"] == "Invalid email list id"
    assert said["feedback"]["message"] == "Feedback successfully stored"
