"""What the Hub's form says when the provider could not be asked, and what to do then."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.test_hub_page import action_of
from tests.support.clock import FrozenClock
from tests.support.running import Running, running_hub
from tests.support.scripted import Answer, reply, scripted

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (reply("{}", status=500), 503, "cannot be reached right now"),
        (reply("<html>", status=502), 503, "cannot be reached right now"),
        (reply("{}", status=429), 429, "too many"),
        (reply(b"x" * 40_000_000), 502, "Nothing was saved"),
        (reply("{}", status=418), 400, "did not accept"),
    ],
    ids=["fails", "gateway", "busy", "huge", "refuses in silence"],
)
async def test_a_provider_that_fails_is_explained_and_the_link_still_works(
    data_dir: Path, clock: FrozenClock, sandbox: Any, answer: Answer, status: int, words: str
) -> None:
    turns = [answer]

    async def switch(writer: Any, seen: Any) -> None:
        await turns[-1](writer, seen)

    typed = {"api_key": "k" * 32, "region": "us"}
    async with (
        scripted(switch) as provider,
        running_hub(sandbox, data_dir=data_dir, clock=clock, provider=provider.url) as hub,
    ):
        session = await hub.session(provider="iterable")
        link = session["auth_link_url"].removeprefix("https://hub.test")
        action = action_of((await hub.api.get(link, auth=None)).text)

        failed = await hub.api.post(action, data=typed, auth=None)
        turns.append(reply('{"channels": [{"id": 1, "name": "Promotions"}]}'))
        again = await hub.api.post(action, data=typed, auth=None)

    assert failed.status_code == status
    assert words in failed.text
    assert "HTTP" not in failed.text
    assert 'role="alert"' in failed.text
    assert "k" * 32 not in failed.text
    assert "Iterable is connected</h1>" in again.text


async def test_an_address_that_leads_nowhere_is_explained_without_a_connector(
    hub: Running,
) -> None:
    session = await hub.session(provider="iterable")
    link = session["auth_link_url"].removeprefix("https://hub.test")

    gone = await hub.api.get(f"{link}&connector=cpr_00000000000000000000000000", auth=None)
    nobody = await hub.api.get(f"{link}&account=acc_00000000000000000000000000", auth=None)

    for page in (gone, nobody):
        assert page.status_code == 404
        assert 'class="callout"' in page.text
        assert "<h1" in page.text
