"""Correlation headers: a client's own, kept with its runs and found by."""

from typing import Any

import httpx2
import pytest

from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def keep(hub: Running, *names: str) -> httpx2.Response:
    return await hub.api.patch("/jackfield/project", json={"correlation_headers": names})


async def run(hub: Running, account_id: str, **headers: str) -> str:
    answer = await hub.api.post(
        "/actions/rpc",
        json={"action": "iterable_list_channels"},
        headers={"x-account-id": account_id, **headers},
    )
    assert answer.status_code == 200, answer.text
    await hub.hub.write_buffer.flush()
    return answer.headers["x-request-id"]


async def found(hub: Running, query: str) -> list[Any]:
    answer = await hub.api.get("/jackfield/logs", params={"query": query})
    assert answer.status_code == 200, answer.text
    return [each["request_id"] for each in answer.json()["data"]]


async def test_a_run_is_found_by_the_headers_that_its_project_keeps(hub: Running) -> None:
    await keep(hub, "X-Correlation-ID", "x-session")
    account_id = await hub.link()
    first = await run(hub, account_id, **{"x-correlation-id": "order 7", "x-session": "s1"})
    second = await run(hub, account_id, **{"x-correlation-id": "order 8", "x-session": "s1"})

    assert await found(hub, 'header:"x-correlation-id=order 7"') == [first]
    assert set(await found(hub, "header:X-Session=s1")) == {first, second}
    assert await found(hub, 'header:x-session=s1 -header:"x-correlation-id=order 7"') == [second]
    assert await found(hub, "header:x-session=s2") == []
    assert await found(hub, "header:x-session=s1 status:failed") == []


async def test_a_header_that_nobody_asked_for_is_not_kept(hub: Running) -> None:
    account_id = await hub.link()

    await run(hub, account_id, **{"x-correlation-id": "order 7"})

    assert await hub.hub.db.unscoped("select run_id from run_headers") == []


async def test_a_value_is_kept_without_secrets_and_cut(hub: Running) -> None:
    await keep(hub, "x-trace")
    account_id = await hub.link()

    await run(hub, account_id, **{"x-trace": f"{hub.us_key} {'a' * 500}"})

    (row,) = await hub.hub.db.unscoped("select value from run_headers")
    assert hub.us_key not in row["value"]
    assert len(row["value"]) <= 200


@pytest.mark.parametrize(
    "name",
    ["authorization", "x-api-key", "x-session-token", "cookie", "x-", "x-ä", f"x-{'a' * 63}", ""],
)
async def test_a_header_that_may_hold_a_secret_or_is_none_cannot_be_kept(
    hub: Running, name: str
) -> None:
    refused = await keep(hub, "x-trace", name)

    assert refused.status_code == 422
    assert "correlation_headers[1]" in refused.text
    assert (await hub.api.get("/jackfield/project")).json()["correlation_headers"] == []


@pytest.mark.parametrize("query", ["header:x-trace", "header:x-trace=", "header:cookie=1"])
async def test_a_query_without_a_header_and_its_value_is_refused(hub: Running, query: str) -> None:
    refused = await hub.api.get("/jackfield/logs", params={"query": query})

    assert refused.status_code == 422
    assert refused.json()["code"] == "invalid_log_query"
    assert "header takes a name and a value" in refused.text


async def test_what_another_project_kept_is_not_found(hub: Running) -> None:
    await keep(hub, "x-trace")
    await run(hub, await hub.link(), **{"x-trace": "7"})
    theirs = (await hub.key(project="other"), "")

    answer = await hub.api.get("/jackfield/logs", params={"query": "header:x-trace=7"}, auth=theirs)

    assert answer.json()["data"] == []
