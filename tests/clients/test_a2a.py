"""`a2a-sdk` from PyPI, unmodified: the line of protocol 0.3, and the newest."""

from pathlib import Path

import pytest

from tests.clients.conftest import FOLDER, Run, Served

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_the_official_client_reads_cards_sends_and_follows(
    served: Served, published_python: Path, run: Run
) -> None:
    said = await run(
        published_python,
        FOLDER / "python" / "agent.py",
        served.url,
        served.account,
        JACKFIELD_API_KEY=served.key,
    )

    actions = served.hub.catalog.get("iterable").actions
    assert (said["card"]["name"], said["card"]["url"]) == ("Jackfield", f"{served.url}/")
    assert said["extended"]["name"] == "Jackfield Iterable"
    assert said["extended"]["skills"] == [action.id for action in actions]
    assert said["extended"]["is_the_same_over_http"] is True

    ((task, update),) = said["sent"]
    assert (task["status"]["state"], update) == ("completed", None)
    assert task["artifacts"][0]["parts"][0]["data"]["data"]
    states = [
        update["status"]["state"] if update and "status" in update else update and update["kind"]
        for _, update in said["streamed"]
    ]
    assert states == [None, "working", "artifact-update", "completed"]
    followed = said["streamed"][-1][0]
    assert followed["status"]["state"] == "completed"
    assert followed["artifacts"][0]["parts"] == task["artifacts"][0]["parts"]
    for events in (said["failed"], said["stream_failed"]):
        failed = events[-1][0]["status"]
        assert failed["state"] == "failed"
        assert failed["message"]["parts"][1]["data"]["code"] == "provider_rejected"

    for (message,) in (said["found"], said["stream_found"]):
        assert message["parts"][1]["data"]["skills"][0]["id"] == "iterable_get_list_size"
    assert (said["gone"], said["uncancelled"]) == ({"code": -32001}, {"code": -32001})
    assert said["stranger"] == {"status": 401}


async def test_the_newest_client_speaks_the_protocol_the_card_names(
    served: Served, newest_a2a_python: Path, run: Run
) -> None:
    said = await run(
        newest_a2a_python,
        FOLDER / "python" / "newest_agent.py",
        served.url,
        served.account,
        JACKFIELD_API_KEY=served.key,
    )

    assert len(said["skills"]) == len(served.hub.catalog.get("iterable").actions)
    assert said["sent"][0]["task"]["status"]["state"] == "TASK_STATE_COMPLETED"
    assert [next(iter(event)) for event in said["streamed"]] == [
        "task",
        "statusUpdate",
        "artifactUpdate",
        "statusUpdate",
    ]
    skills = said["found"][0]["message"]["parts"][1]["data"]["skills"]
    assert skills[0]["id"] == "iterable_get_list_size"
