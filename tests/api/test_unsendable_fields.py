"""Fields that can be no part of a request are refused at their place, before one is made."""

import re
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import pytest

from tests.api.test_credential_destinations import CONNECTOR, CONNECTORS, GOOD, KEY
from tests.api.test_hub_page import action_of
from tests.support.running import HubWith, Running
from tests.support.scripted import Seen, reply, scripted

pytestmark = pytest.mark.anyio

LABEL = "letters, digits and hyphens"


@pytest.fixture
async def shop(hub_with: HubWith) -> AsyncGenerator[tuple[Running, list[Seen]]]:
    """Run a hub whose connectors have a credential as a host or as a part of one."""
    documents = {
        key: CONNECTOR.format(key=key, base=base, fields=fields, setup=setup)
        for key, (base, fields, setup) in CONNECTORS.items()
        if key in ("plain", "label", "derived", "setup")
    }
    async with scripted(reply('{"id": "one"}')) as provider:
        rewrite = {f"https://{GOOD}": provider.url, "https://good.shop.example": provider.url}
        async with hub_with(documents, rewrite=rewrite) as hub:
            yield hub, provider.seen


def faults(refused: httpx2.Response) -> dict[str, str]:
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_fields"), refused.text
    return {each["path"]: each["message"] for each in refused.json()["faults"]}


async def attempt_of(hub: Running, session: dict[str, Any]) -> dict[str, Any] | None:
    seen = await hub.api.get(f"/jackfield/connect_sessions/{session['id']}")
    return seen.json()["latest_connection_attempt"]


@pytest.mark.parametrize("inside", ["\n", "\r\nX-Evil: 1", "\0", "\x7f", "\u200b"])
async def test_a_key_that_no_header_can_hold_is_refused_wherever_it_is_entered(
    shop: tuple[Running, list[Seen]], inside: str
) -> None:
    (hub, asked), odd = shop, f"odd{inside}key-0123456789"
    session = await hub.session(provider="plain")
    page = await hub.api.get(session["auth_link_url"], auth=None)
    posted = await hub.api.post(action_of(page.text), data={"key": odd, "domain": GOOD}, auth=None)
    submitted = await hub.submit(session["token"], {"key": odd, "domain": GOOD}, provider="plain")
    before = list(asked)
    linked = await hub.submit(session["token"], {"key": KEY, "domain": GOOD}, provider="plain")
    assert linked.status_code == 201, linked.text
    account, asked_once = linked.json()["id"], len(asked)
    again = await hub.session(account_id=account)
    edited = await hub.api.patch(
        f"/hub/accounts/{account}",
        headers={"x-hub-session-token": again["token"]},
        json={"credentials": {"key": odd}},
    )
    rotated = await hub.api.patch(f"/accounts/{account}", json={"credentials": {"key": odd}})

    for refused in (submitted, edited, rotated):
        assert list(faults(refused)) == ["credentials.key"]
        assert "copy it again" in refused.text
        assert "0123456789" not in refused.text
    assert posted.status_code == 422
    assert "copy it again" in posted.text
    assert (before, len(asked)) == ([], asked_once)


@pytest.mark.parametrize(
    ("connector", "field", "typed"),
    [
        *(
            pytest.param("label", "domain", typed, id=f"label {typed}")
            for typed in ("good.shop.example", "https://good.shop.example", "good/", "go od", "a_b")
        ),
        pytest.param("plain", "domain", "https://good.example", id="an address for a host"),
        pytest.param("plain", "domain", "good.example/api", id="a path behind a host"),
        pytest.param("derived", "shop", "good.example/", id="a host that is worked out"),
    ],
)
async def test_what_is_no_part_of_a_host_is_a_fault_of_the_field_it_was_typed_into(
    shop: tuple[Running, list[Seen]], connector: str, field: str, typed: str
) -> None:
    hub, asked = shop
    session = await hub.session(provider=connector)
    page = await hub.api.get(session["auth_link_url"], auth=None)
    credentials = {"key": KEY, field: typed}

    posted = await hub.api.post(action_of(page.text), data=credentials, auth=None)
    submitted = await hub.submit(session["token"], credentials, provider=connector)

    assert {path: LABEL in text for path, text in faults(submitted).items()} == {
        f"credentials.{field}": True
    }
    assert posted.status_code == 422
    error = re.search(rf'id="field-{field}-error">(.*?)</p>', posted.text, re.DOTALL)
    assert error is not None
    assert LABEL in error[1]
    assert asked == []
    tried = await attempt_of(hub, session)
    assert tried is not None
    assert tried["status"] == "error"


async def test_a_host_of_the_operators_is_no_fault_of_the_customers_form(
    shop: tuple[Running, list[Seen]],
) -> None:
    hub, asked = shop
    made = await hub.api.post(
        "/connector_profiles", json={"connector_key": "setup", "setup": {"domain": "a b"}}
    )
    assert made.status_code == 201, made.text
    session = await hub.session(provider="setup", integration_id=made.json()["id"])

    refused = await hub.submit(session["token"], {"key": KEY}, provider="setup")

    assert (refused.status_code, refused.json()["code"]) == (502, "egress_blocked"), refused.text
    assert asked == []
