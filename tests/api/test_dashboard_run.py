"""The page of a run: where its time went, what was sent and answered, why it failed, and again."""

import html
import re
import shlex
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from jackfield.actions.run_recorder import RunRecorder
from jackfield.cli.run import run
from jackfield.engine.ports import Request, Response
from jackfield.kit.errors import CATALOGUE
from jackfield.logs.runs.models import Exchange, StepRecord
from jackfield.logs.runs.repo import Runs
from jackfield.projects import service as projects
from jackfield.ui.dashboard.failure_advice import ADVICE
from tests.support.actor import TESTER
from tests.support.browsing import signed_in
from tests.support.logged_runs import REFUSED, log_runs
from tests.support.running import Running

pytestmark = [pytest.mark.anyio, pytest.mark.database]

LISTS = "https://api.iterable.com/api/lists"


@pytest.fixture
async def browser(hub: Running) -> httpx2.AsyncClient:
    return await signed_in(hub)


async def shown(browser: httpx2.AsyncClient, path: str, status: int = 200) -> str:
    response = await browser.get(f"/dashboard/logs/{path}")
    assert response.status_code == status, response.text
    return response.text


async def ran(hub: Running, action: str = "iterable_list_channels", **placed: Any) -> str:
    """Run an action, with advanced logs on, and return the id of its request."""
    assert (
        await hub.api.patch("/jackfield/project", json={"advanced_logs": True})
    ).status_code == 200
    account = await hub.link(type="test") if placed.pop("as_test", False) else await hub.link()
    response = await hub.run(account, action, **placed)
    await hub.hub.write_buffer.flush()
    return response.headers["x-request-id"]


async def test_a_run_is_shown_with_both_sides_of_its_requests_and_no_secret(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    request_id = await ran(hub)

    text = await shown(browser, request_id)

    assert hub.us_key not in text
    assert '<span class="k">api-key</span>: <mark class="redacted">redacted</mark>' in text.lower()
    assert "<b>GET https://api.iterable.com/api/channels</b>" in text
    assert "<b>HTTP 200</b>" in text
    assert "&#34;channels&#34;" in text
    for words in ("1 value is redacted", "Acme Inc.", request_id, "Where the time went"):
        assert words in text


async def test_waits_for_the_accounts_own_limit_and_between_tries_are_bars_of_their_own(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    tries = (
        Exchange("GET", LISTS, 429, 300, 10.0, 0.0),
        Exchange("GET", LISTS, 200, 300, 5500.0, 200.0),
    )
    step = StepRecord("get", "request", "done", 200, None, 5, 5800, tries)
    (run_id,) = await log_runs(hub, {"steps": (step,), "duration_ms": 5810})

    text = await shown(browser, run_id)
    second = await shown(browser, f"{run_id}?try=1")

    bars = re.findall(r'(?:inner">|<span>)([\w ]+) <span class="count">', text)
    assert bars == [
        "Prepare",
        "get",
        "Request 1",
        "Pause before the next",
        "Own limit",
        "Request 2",
    ]
    assert 'x="91.22%" width="3.44%" height="12" rx="3" class="wait"' in text
    assert "5.81 s, of which 5.19 s waiting" in text
    assert ("<b>HTTP 200</b>" in text, "<b>HTTP 429</b>" in second) == (True, True)


async def test_a_run_of_an_earlier_version_has_no_waits(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    step = StepRecord(
        "get", "request", "done", 200, None, 5, 35, (Exchange("GET", LISTS, 200, 30),)
    )
    (run_id,) = await log_runs(hub, {"steps": (step,)})

    text = await shown(browser, run_id)

    assert "waiting" not in text
    assert "Headers and bodies were not kept" in text


async def test_the_log_says_when_a_request_was_sent_and_how_long_it_had_waited(
    hub: Running,
) -> None:
    recorder = RunRecorder(
        hub.hub, hub.project.id, TESTER, action_id="a", account_id="acc_1", source="api"
    )
    recorder.step_started("get", "request")
    recorder.requested("get", Request("GET", LISTS))
    recorder.answered("get", Response(200, {}, b""), seconds=3600)
    recorder.requested("get", Request("GET", LISTS))
    recorder.answered("get", Response(200, {}, b""), seconds=0)
    recorder.finish(200, None)
    await hub.hub.write_buffer.flush()

    async with hub.hub.db.read(hub.project.id) as tx:
        (step,) = (await Runs(tx).get(recorder.id)).steps

    first, second = step.exchanges
    assert 3_000_000 < first.waited_ms <= 3_600_000
    assert second.waited_ms == 0
    assert first.offset_ms is not None
    assert 0 <= first.offset_ms <= (second.offset_ms or 0)


async def test_why_a_run_failed_is_said_with_what_helps(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    unauthorized = {**REFUSED, "status_code": 502, "error_code": "provider_unauthorized",
                    "message": "key [redacted] <b>"}  # fmt: skip
    unknown = {**REFUSED, "error_code": None, "status_code": 404}
    ids = await log_runs(hub, unauthorized, unknown)

    first, second = [await shown(browser, each) for each in ids]

    for words in (
        "The provider no longer accepts the account&#39;s credential.",
        'key <mark class="redacted">redacted</mark> &lt;b&gt;',
        "nothing was changed at Iterable",
        "<b>What helps:</b> Look at the account",
        'href="/dashboard/accounts/acc_1">Look at the account',
        "code%3Aprovider_unauthorized",
    ):
        assert words in first
    assert "The provider answered 404." in second


def test_advice_is_given_for_errors_that_there_are() -> None:
    assert set(ADVICE) <= set(CATALOGUE)


async def test_the_runs_beside_one_are_those_of_the_query(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    ids = await log_runs(hub, REFUSED, {}, REFUSED, {}, REFUSED)

    text = await shown(browser, f"{ids[2]}?q=status:failed")

    assert f'href="/dashboard/logs/{ids[4]}?q=status%3Afailed" rel="prev"' in text
    assert f'href="/dashboard/logs/{ids[0]}?q=status%3Afailed" rel="next"' in text
    assert '<a href="/dashboard/logs?q=status%3Afailed">Logs</a>' in text


async def test_a_read_is_run_again_and_the_new_run_is_shown(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    query = {"email": "avery.abbott@example.com"}
    request_id = await ran(hub, "iterable_get_user_by_email", query=query, as_test=True)

    again = await browser.post(f"/dashboard/logs/{request_id}/again?q=status:ok")
    text = await shown(browser, again.headers["location"].removeprefix("/dashboard/logs/"))

    assert again.status_code == 303
    assert again.headers["location"].endswith("?q=status%3Aok")
    assert request_id not in text
    assert '<span class="tag">Dashboard</span>' in text
    assert "email=avery.abbott@example.com" in text


async def test_with_a_production_account_it_is_asked_first(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    request_id = await ran(hub)

    asked = await browser.post(f"/dashboard/logs/{request_id}/again")
    before = (await hub.api.get("/jackfield/logs")).json()["data"]
    sure = await browser.post(f"/dashboard/logs/{request_id}/again", data={"sure": "yes"})
    after = (await hub.api.get("/jackfield/logs", params={"query": "source:dashboard"})).json()

    assert asked.status_code == 409
    assert "Run it again with a production account?" in asked.text
    assert len(before) == 1
    assert sure.status_code == 303
    assert [run["status_code"] for run in after["data"]] == [200]


async def test_a_run_that_fails_again_is_shown_with_why(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    request_id = await ran(hub, "iterable_get_list_size", path={"listId": 999_999}, as_test=True)

    again = await browser.post(f"/dashboard/logs/{request_id}/again")
    text = await shown(browser, again.headers["location"].removeprefix("/dashboard/logs/"))

    assert "What helps:" in text
    assert '<span class="tag">Dashboard</span>' in text


@pytest.mark.parametrize(
    ("action", "placed", "words"),
    [
        ("iterable_create_list", {"body": {"name": "VIP"}}, "Only what reads is run again"),
        (
            "iterable_get_user_by_email",
            {"query": {"email": "{key}@example.com"}},
            "Its inputs held a secret",
        ),
        ("iterable_gone", {}, "The hub does not have this action"),
    ],
)
async def test_what_may_change_something_or_is_not_known_is_not_run_again(
    hub: Running, browser: httpx2.AsyncClient, action: str, placed: Any, words: str
) -> None:
    if "query" in placed:
        placed = {"query": {"email": f"{hub.us_key}@example.com"}}
    request_id = await ran(hub, action, as_test=True, **placed)

    text = await shown(browser, request_id)
    refused = await browser.post(f"/dashboard/logs/{request_id}/again", data={"sure": "yes"})

    assert words in text
    assert "/again" not in text
    assert refused.status_code == 409
    assert len((await hub.api.get("/jackfield/logs")).json()["data"]) == 1


async def test_without_kept_inputs_it_is_not_run_again(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    (run_id,) = await log_runs(hub, {"action_id": "iterable_list_channels"})

    assert "takes its inputs, which were not kept" in await shown(browser, run_id)


async def test_a_run_of_another_project_cannot_be_told_from_none(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    theirs = await projects.ensure_project(hub.hub, TESTER, "theirs")
    (run_id,) = await log_runs(replace(hub, project=theirs), {})

    text = await shown(browser, run_id, 404)
    again = await browser.post(f"/dashboard/logs/{run_id}/again")

    assert run_id not in text
    assert again.status_code == 404


@pytest.mark.parametrize("name", ["--output", "-x", "--input"])
async def test_no_input_of_a_caller_becomes_an_option_of_the_command_that_is_shown(
    hub: Running, browser: httpx2.AsyncClient, name: str
) -> None:
    request_id = await ran(hub, body={name: "/home/operator/.profile"})

    text = html.unescape(await shown(browser, request_id))

    found = re.search(r'<pre id="command">(.*?)</pre>', text, re.DOTALL)
    assert found is not None
    words = shlex.split(found[1])
    given = f"{name}=/home/operator/.profile"
    assert given not in words or words.index("--") < words.index(given)
    params = run.make_context("run", words[2:]).params
    assert (params["output"], params["file"]) == (None, None)


async def test_the_command_that_is_shown_has_nothing_that_a_terminal_obeys(
    hub: Running, browser: httpx2.AsyncClient
) -> None:
    request_id = await ran(hub, body={"note": "a\x1b[201~\nid\n", "x\x1b[201~\n": "\x9b"})

    text = html.unescape(await shown(browser, request_id))

    found = re.search(r'<pre id="command">(.*?)</pre>', text, re.DOTALL)
    assert found is not None
    assert found[1].isprintable()
    assert r'note="a\u001b[201~\nid\n"' in found[1]
