"""What providers answer the Explorer: odd, large, binary, late, or not at all."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from jackfield.ui.dashboard.explorer.outcome import MOST_SHOWN
from tests.api.test_writes import Provider, acme, hang_up
from tests.support.browsing import signed_in
from tests.support.explorer import ExplorerForm
from tests.support.running import HubWith, Running
from tests.support.scripted import Answer, reply

pytestmark = [pytest.mark.anyio, pytest.mark.database]

MORE = """
  - {actionId: tell, actionType: custom, effects: [write], label: Tell, description: d,
     categories: [documents],
     inputs: [{name: note, type: string, in: body}, {name: token, type: string, in: body}],
     steps: [{stepId: ask, stepFunction: {functionName: request,
              parameters: {method: post, url: /tell, args: [
                {name: note, value: $.inputs.note, in: body},
                {name: token, value: $.inputs.token, in: body}]}}}],
     result: $.steps.ask.output.data}
  - {actionId: rows, actionType: custom, effects: [read], label: Rows, description: d,
     categories: [documents], result: {data: $.steps.ask.output.data},
     steps: [{stepId: ask, stepFunction: {functionName: request,
              parameters: {method: get, url: /rows, response: {format: auto}}}}]}
  - {actionId: file, actionType: custom, effects: [read], label: File, description: d,
     categories: [documents],
     steps: [{stepId: ask, stepFunction: {functionName: download_file, parameters: {url: /file}}}]}
"""


class Explored:
    """A hub with a provider, one account of it, and a signed-in browser."""

    def __init__(self, hub: Running, account: str, provider: Provider, browser: Any) -> None:
        self.hub, self.account, self.provider, self.browser = hub, account, provider, browser

    def form(self, action: str) -> ExplorerForm:
        return ExplorerForm(self.browser, account=self.account, action=f"acme_{action}")

    def answers(self, then: Answer) -> None:
        self.provider.then = then


@pytest.fixture
async def acme_hub(hub_with: HubWith) -> AsyncGenerator[Explored]:
    async with acme(hub_with, reply("{}"), more=MORE) as (hub, account, provider):
        yield Explored(hub, account, provider, await signed_in(hub))


async def test_a_write_of_unknown_outcome_is_sent_again_only_once_it_was_looked_for(
    acme_hub: Explored,
) -> None:
    acme_hub.answers(hang_up)
    form = acme_hub.form("tell")
    note = {"note": "hello"}

    await form.press("run", note)
    told = await form.press("sure", note)
    question = form.text
    # From the beginning, as if nothing had been.
    form.text = ""
    await form.press("run", note)
    await form.press("sure", note)
    blind = len(acme_hub.provider.asked)
    form.text = question
    unlooked = await form.press("again", note)
    unasked = len(acme_hub.provider.asked)
    acme_hub.answers(reply('{"told": true}'))
    await form.press("again", note, checked="yes")

    assert "outcome_unknown" in told
    assert "Do not send it again before you have looked" in told
    assert (blind, unasked, len(acme_hub.provider.asked)) == (1, 1, 2)
    assert "Look at the provider first" in unlooked
    assert json.loads(form.element("result"))["data"] == {"told": True}


async def test_a_secret_input_is_neither_sent_back_nor_in_the_code(acme_hub: Explored) -> None:
    form = acme_hub.form("tell")

    await form.press("dry", {"token": "s3cr3t-of-ada", "note": "hello"})

    assert "s3cr3t-of-ada" not in form.text
    assert "type it again" in form.plain
    assert "YOUR_SECRET" in form.element("code-1")
    assert "hello" in form.element("code-1")


async def test_numbers_keep_all_their_digits(acme_hub: Explored) -> None:
    acme_hub.answers(reply('{"id": 12345678901234567890, "n": -9007199254740993}'))
    form = acme_hub.form("rows")

    await form.press("run")

    result = form.element("result")
    assert '"id": 12345678901234567890' in result
    assert '"n": -9007199254740993' in result


async def test_of_a_large_result_the_beginning_is_shown_and_all_of_it_is_a_download(
    acme_hub: Explored,
) -> None:
    rows = [{"id": number, "text": "x" * 1000} for number in range(2000)]
    acme_hub.answers(reply(json.dumps(rows)))
    form = acme_hub.form("rows")

    text = await form.press("run")
    link = form.text.partition('href="https://hub.test/jackfield/files/')[2].partition('"')[0]
    file = await acme_hub.browser.get(f"/jackfield/files/{link}")

    shown = json.loads(form.element("result"))["data"]
    assert shown == rows[: len(shown)]
    assert 0 < len(shown) < 2000
    assert f"The first {len(shown)} of 2,000 rows are shown." in text
    assert file.json()["data"] == rows
    assert len(form.text) < 3 * MOST_SHOWN


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(b"", status=204), '"data": '),
        (reply("null"), '"data": null'),
        (reply('"' + "é" * 300_000 + '"'), "The first 192.0 KB of"),
        (reply("<b>plain</b>", headers={"content-type": "text/plain"}), "<b>plain</b>"),
    ],
    ids=["empty", "null", "long", "text"],
)
async def test_an_odd_answer_is_shown_as_it_is(
    acme_hub: Explored, answer: Answer, words: str
) -> None:
    acme_hub.answers(answer)
    form = acme_hub.form("rows")

    text = await form.press("run")

    assert form.status == 200, text
    assert words in text
    assert "<b>plain" not in form.text


async def test_a_file_is_a_download(acme_hub: Explored) -> None:
    content = bytes(range(256))
    acme_hub.answers(reply(content, headers={"content-type": "application/octet-stream"}))
    form = acme_hub.form("file")

    text = await form.press("run")

    link = form.text.partition('href="https://hub.test/jackfield/files/')[2].partition('"')[0]
    assert "256 bytes" in text
    assert (await acme_hub.browser.get(f"/jackfield/files/{link}")).content == content


async def test_what_a_provider_refuses_is_said_with_its_words_and_what_helps(
    acme_hub: Explored,
) -> None:
    refusal = reply(
        '{"error": "too many <i>"}', status=429, headers={"retry-after": "7", "x-request-id": "r1"}
    )
    acme_hub.answers(refusal)
    form = acme_hub.form("rows")

    text = await form.press("run")

    assert form.status == 429
    for words in ("provider_rate_limited", "too many <i>", "Wait 7 seconds", "What helps:"):
        assert words in text
    assert "<i>" not in form.text
