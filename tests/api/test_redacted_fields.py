"""Redacted fields: names whose values a project keeps out of its log of runs."""

from typing import Any

import pytest

from tests.support.browsing import signed_in
from tests.support.clock import FrozenClock
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

EMAIL = "avery.abbott@example.com"


async def run(hub: Running, account_id: str) -> tuple[dict[str, Any], str]:
    """Run an action that is asked for a person; return its answer, and all that the log has of it."""
    answer = await hub.run(account_id, "iterable_get_user_by_email", query={"email": EMAIL})
    assert answer.status_code == 200, answer.text
    await hub.hub.write_buffer.flush()
    (newest, *_) = (await hub.api.get("/jackfield/logs")).json()["data"]
    place = f"/logs/actions/{newest['id']}"
    seen = [
        (await hub.api.get(f"{place}{more}")).text
        for more in ("", "/advanced", "/steps", "/steps/0/advanced")
    ]
    return answer.json()["data"], "\n".join(seen)


async def test_the_values_of_a_projects_own_fields_are_in_no_log_and_in_the_answer(
    hub: Running, clock: FrozenClock
) -> None:
    await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    account_id = await hub.link()
    _, before = await run(hub, account_id)
    changed = await hub.api.patch(
        "/jackfield/project", json={"redacted_fields": [" Email ", "firstName", "email"]}
    )

    clock.advance(seconds=1)
    data, after = await run(hub, account_id)

    assert changed.json()["redacted_fields"] == ["email", "firstname"]
    assert before.count(EMAIL) > 2
    assert data["email"] == EMAIL
    assert EMAIL not in after
    assert "avery.abbott%40example.com" not in after
    assert '"firstName":"Avery"' not in after.replace(" ", "").replace("\\", "")
    assert "[redacted]" in after


async def test_what_a_form_of_settings_names_is_left_out_and_faults_change_nothing(
    hub: Running,
) -> None:
    browser = await signed_in(hub)
    saved = await browser.post(
        "/dashboard/settings/logs",
        data={"retention_days": "30", "redacted_fields": "birthday\nssn"},
    )
    refused = await hub.api.patch(
        "/jackfield/project", json={"redacted_fields": ["", "x" * 101, "fine"]}
    )

    assert saved.status_code < 400
    assert [each["path"] for each in refused.json()["faults"]] == [
        "redacted_fields[0]",
        "redacted_fields[1]",
    ]
    project = (await hub.api.get("/jackfield/project")).json()
    assert project["redacted_fields"] == ["birthday", "ssn"]
    assert "birthday\nssn</textarea>" in (await browser.get("/dashboard/settings")).text
