"""Published agent frameworks, unmodified, each in an environment of its own.

They are large, so they are only installed and tried with `script/test-clients`.
"""

import json
from typing import Any

import pytest

from tests.clients.conftest import FOLDER, Run, Served, python_with

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

FRAMEWORKS = (
    "fastmcp",
    "google_adk",
    "langchain",
    "mcpadapt",
    "openai_agents",
    "pydantic_ai",
    "smolagents",
)


@pytest.mark.frameworks
@pytest.mark.parametrize("framework", FRAMEWORKS)
async def test_a_framework_lists_converts_and_calls_tools(
    served: Served, run: Run, framework: str
) -> None:
    folder = FOLDER / "frameworks"
    told: dict[str, Any] = await run(
        python_with(folder / f"{framework}.txt"),
        folder / f"{framework}_client.py",
        served.url,
        served.account,
        JACKFIELD_API_KEY=served.key,
        NO_GCE_CHECK="true",
    )

    every = len(served.hub.catalog.get("iterable").actions)
    assert [told[style] for style in ("nested", "two", "prefixed", "flat")] == [
        every,
        2,
        every,
        every,
    ]
    assert "avery.abbott@example.com" in json.dumps(told["read"])
    assert "listId" in json.dumps(told["write"])
    assert "Invalid email list id" in json.dumps(told["refused"])
