"""`/jackfield/logs`: pages, counts and files of a query."""

import csv
import io
import json

import pytest

from jackfield.logs.search import export
from jackfield.projects.models import EVERY_SCOPE, Scope
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]


async def test_a_query_finds_runs_with_what_a_line_of_the_page_shows(hub: Running) -> None:
    account = await hub.link()
    await hub.run(account, "iterable_list_channels")
    await hub.hub.write_buffer.flush()

    answer = (await hub.api.get("/jackfield/logs", params={"query": "effect:read"})).json()

    (run,) = answer["data"]
    assert (answer["next"], answer["is_partial"]) == (None, False)
    assert (run["action"], run["effect"], run["status_code"], run["requests"]) == (
        "iterable_list_channels",
        "read",
        200,
        1,
    )
    assert (run["account_id"], run["customer_id"], run["type"]) == (account, "acme", "production")
    assert (run["source"], run["connector"]) == ("rest", "iterable")


async def test_pages_of_a_query_meet(hub: Running) -> None:
    ids = await log_runs(hub, *[{}] * 5)

    found: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = (await hub.api.get("/jackfield/logs", params={"page_size": 2, **cursor})).json()
        found += [run["id"] for run in page["data"]]
        cursor = {"next": page["next"]}

    assert found == ids[::-1]
    assert cursor == {"next": None}


@pytest.mark.parametrize("path", ["", "/histogram", "/export", "/live"])
async def test_a_query_that_is_not_understood_is_refused_everywhere(
    hub: Running, path: str
) -> None:
    response = await hub.api.get(f"/jackfield/logs{path}", params={"query": "state:ok"})

    assert (response.status_code, response.json()["code"]) == (422, "invalid_log_query")
    assert response.json()["faults"][0]["path"] == "query"
    assert "at character 1: there is no word 'state'" in response.json()["message"]


@pytest.mark.parametrize("path", ["", "/histogram", "/export", "/live"])
async def test_searching_logs_needs_its_scope(hub: Running, path: str) -> None:
    key = await hub.key(scopes=EVERY_SCOPE - {Scope.LOGS_READ})

    response = await hub.api.get(f"/jackfield/logs{path}", auth=(key, ""))

    assert (response.status_code, response.json()["code"]) == (403, "missing_scope")


async def test_the_runs_of_a_query_are_counted(hub: Running) -> None:
    await log_runs(hub, REFUSED, {}, {})

    answer = await hub.api.get("/jackfield/logs/histogram", params={"query": "since:3s", "bars": 3})

    counts = answer.json()
    assert [(bar["total"], bar["failed"]) for bar in counts["data"]] == [(1, 1), (1, 0), (1, 0)]
    assert (counts["total"], counts["failed"]) == (3, 1)


async def test_runs_are_exported_as_lines_of_json_and_as_a_table(hub: Running) -> None:
    ids = await log_runs(hub, REFUSED, {"message": "=1+1"}, {})

    lines = await hub.api.get("/jackfield/logs/export", params={"query": "connector:iterable"})
    table = await hub.api.get("/jackfield/logs/export", params={"format": "csv"})

    assert [json.loads(line)["id"] for line in lines.text.splitlines()] == ids[::-1]
    rows = [*csv.DictReader(io.StringIO(table.text))]
    assert [row["id"] for row in rows] == ids[::-1]
    assert [row["success"] for row in rows] == ["true", "true", "false"]
    # A spreadsheet must not carry out what a provider said.
    assert rows[1]["message"] == "'=1+1"
    assert table.headers["content-disposition"] == 'attachment; filename="jackfield-logs.csv"'
    assert "x-next" not in table.headers


async def test_a_file_that_is_full_says_where_the_next_one_begins(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await log_runs(hub, *[{}] * 3)
    monkeypatch.setattr(export, "MOST_RUNS", 2)

    first = await hub.api.get("/jackfield/logs/export")
    second = await hub.api.get("/jackfield/logs/export", params={"next": first.headers["x-next"]})

    assert [len(each.text.splitlines()) for each in (first, second)] == [2, 1]
    assert first.headers["x-next"] == ids[1]
    assert "x-next" not in second.headers
