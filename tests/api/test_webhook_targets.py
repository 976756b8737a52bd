"""Targets of webhooks: what cannot be told is refused when it is saved."""

from collections.abc import AsyncGenerator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver, subscribe
from tests.support.running import Running, running_hub
from tests.support.scripted import reply

pytestmark = pytest.mark.anyio

INSIDE = [
    "127.0.0.1",
    "[::1]",
    "169.254.169.254",
    "10.0.0.1",
    "192.168.1.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.0.0.1.",
    "[::ffff:10.0.0.1]",
    "[fd00::1]",
    "localhost",
    "LOCALHOST.",
    "api.localhost",
    "metadata.google.internal",
    "printer.local",
    "box.home.arpa",
    "intranet",
]


@pytest.fixture
async def strict(data_dir: Path, clock: FrozenClock, sandbox: Sandbox) -> AsyncGenerator[Running]:
    """Yield a hub that sends nothing into its own network."""
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as running:
        yield running


async def fault_of(hub: Running, url: str) -> str:
    response = await hub.api.post("/jackfield/webhooks", json={"url": url, "events": ["*"]})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request"), url
    (fault,) = response.json()["faults"]
    assert fault["path"] == "url"
    return fault["message"]


async def test_a_url_that_leads_inside_the_network_is_refused_when_it_is_saved(
    strict: Running,
) -> None:
    for host in INSIDE:
        message = await fault_of(strict, f"https://{host}/hooks")
        assert "private or reserved" in message
        assert "JACKFIELD_ALLOW_PRIVATE_NETWORKS" in message

    webhook = await subscribe(strict, "https://example.com/hooks")
    changed = await strict.api.patch(
        f"/jackfield/webhooks/{webhook['id']}", json={"url": "https://10.0.0.1/"}
    )
    assert changed.status_code == 422


@pytest.mark.parametrize(
    "host", ["example.com", "8.8.8.8", "[2606:4700::1111]", "10.0.0.1.example.com", "local.host"]
)
async def test_a_url_on_the_internet_is_taken(strict: Running, host: str) -> None:
    await subscribe(strict, f"https://{host}:8443/hooks?a=b")


async def test_plain_http_is_named_as_what_is_refused(strict: Running) -> None:
    assert "plain HTTP is refused: use https://" in await fault_of(strict, "http://example.com")


LISTED = (ip_network("10.0.0.0/8"), ip_network("fd12::/16"))


@pytest.mark.parametrize(
    ("allowed", "url", "fault"),
    [
        (LISTED, "https://10.1.2.3/", None),
        (LISTED, "http://10.1.2.3/", None),
        (LISTED, "http://[fd12::1]/", None),
        (LISTED, "http://[::ffff:10.1.2.3]/", None),
        (LISTED, "http://intranet/", None),
        (LISTED, "https://example.com/", None),
        (LISTED, "http://example.com/", "plain HTTP"),
        (LISTED, "http://8.8.8.8/", "plain HTTP"),
        (LISTED, "https://127.0.0.1/", "private or reserved"),
        (LISTED, "http://2130706433/", "private or reserved"),
        (LISTED, "https://192.168.1.1/", "private or reserved"),
        (LISTED, "https://[fd13::1]/", "private or reserved"),
        (LISTED, "https://169.254.169.254/", "private or reserved"),
        (True, "http://example.com/", None),
        (True, "http://192.168.1.1/", None),
        (True, "http://169.254.169.254/", "never reached"),
        (True, "https://[fe80::1]/", "never reached"),
        (True, "https://100.100.100.200/", "never reached"),
    ],
)
async def test_only_what_the_operator_listed_is_taken_of_what_is_inside(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox, allowed: Any, url: str, fault: str | None
) -> None:
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, allow_private_networks=allowed
    ) as hub:
        if fault is None:
            await subscribe(hub, url)
        else:
            assert fault in await fault_of(hub, url)


@pytest.mark.parametrize(
    "url", ["https://example.com/\n", "\thttps://example.com", "https://a.b/\r\n"]
)
async def test_a_line_break_in_a_url_is_refused(strict: Running, url: str) -> None:
    assert "must not hold blanks, line breaks" in await fault_of(strict, url)


async def test_a_url_that_could_never_be_requested_is_refused(strict: Running) -> None:
    assert "Punycode" in await fault_of(strict, "https://exämple.com/")
    assert "such as https://" in await fault_of(strict, "https://a..b/")
    assert "such as https://" in await fault_of(strict, "https://example.com:0/")


async def test_an_endpoint_from_before_can_be_switched_off_but_not_on(
    data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> None:
    async with running_hub(
        sandbox, data_dir=data_dir, clock=clock, allow_private_networks=True
    ) as hub:
        webhook = await subscribe(hub, "http://10.0.0.1/")
    async with running_hub(sandbox, data_dir=data_dir, clock=clock) as hub:
        path = f"/jackfield/webhooks/{webhook['id']}"
        off = await hub.api.patch(path, json={"active": False, "description": "old"})
        on = await hub.api.patch(path, json={"active": True})

    assert (off.status_code, off.json()["active"]) == (200, False)
    assert (on.status_code, on.json()["faults"][0]["path"]) == (422, "url")


async def test_what_is_wrong_with_a_receiver_is_said_of_the_receiver(
    open_hub: Running, receiver: Receiver
) -> None:
    webhook = await subscribe(open_hub, receiver.url)
    gone = await subscribe(open_hub, "http://127.0.0.1:1/")
    receiver.answers = [
        reply(body=b"x" * 70_000),
        reply(body=b"no", headers={"content-encoding": "gzip"}),
    ]

    async def told(one: dict[str, str]) -> str:
        return (await open_hub.api.post(f"/jackfield/webhooks/{one['id']}/test")).json()["error"]

    assert await told(webhook) == "the receiver's answer is larger than 64 KB"
    assert "the receiver's answer cannot be read" in await told(webhook)
    assert await told(gone) == "the receiver's host '127.0.0.1' cannot be reached"
