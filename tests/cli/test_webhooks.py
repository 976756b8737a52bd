"""`jackfield webhooks`: what a receiver missed is delivered again from the shell."""

import asyncio
import json
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.cli.conftest import Command
from tests.support.receiver import Receiver, subscribe
from tests.support.running import serving_hub
from tests.support.scripted import Seen, reply

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_what_an_endpoint_did_not_take_is_replayed_from_the_shell(
    jackfield: Command, data_dir: Path, sandbox: Sandbox, receiver: Receiver
) -> None:
    is_back = asyncio.Event()

    async def answer_once_back(writer: asyncio.StreamWriter, seen: Seen) -> None:
        await is_back.wait()
        await reply()(writer, seen)

    receiver.answers = [answer_once_back]
    async with serving_hub(sandbox, data_dir=data_dir, allow_private_networks=True) as hub:
        shell = {"URL": hub.hub.public_url, "API_KEY": hub.api_key}
        webhook = await subscribe(hub, receiver.url)
        await hub.link()
        waiting = await jackfield("webhooks", "list", **shell)
        for active in (False, True):
            await hub.api.patch(f"/jackfield/webhooks/{webhook['id']}", json={"active": active})
        is_back.set()

        listed = await jackfield("webhooks", "list", **shell)
        early = await jackfield("webhooks", "replay", webhook["id"], "--until=2020-01-01", **shell)
        replayed = await jackfield(
            "webhooks",
            "replay",
            webhook["id"],
            "--failed",
            "--since=24h",
            "--event=account.created",
            **shell,
        )
        as_json = await jackfield(
            "webhooks", "replay", webhook["id"], "--no-wait", "--json", **shell
        )
        id_ = json.loads(as_json.out)["id"]
        stopped = await jackfield("webhooks", "stop", webhook["id"], id_, **shell)
        missing = await jackfield("webhooks", "replay", "whe_0", **shell)
        wrong = await jackfield("webhooks", "replay", webhook["id"], "--until", "soon", **shell)

    assert receiver.url in listed.out
    assert "yes     1        20" in waiting.out
    assert "yes     0" in listed.out
    assert (early.status, early.out) == (0, "0 to be delivered again\n")
    assert (replayed.status, replayed.out) == (0, "1 to be delivered again\n")
    assert (stopped.status, stopped.out) == (0, "done: 0 of 0 to be delivered again\n")
    assert (missing.status, "webhook_not_found" in missing.err) == (1, True)
    assert wrong.status == 2


async def test_a_secret_is_rotated_from_the_shell_with_an_overlap(
    jackfield: Command, data_dir: Path, sandbox: Sandbox, receiver: Receiver
) -> None:
    async with serving_hub(sandbox, data_dir=data_dir, allow_private_networks=True) as hub:
        shell = {"URL": hub.hub.public_url, "API_KEY": hub.api_key}
        webhook = await subscribe(hub, receiver.url)

        rotated = await jackfield("webhooks", "rotate", webhook["id"], **shell)
        leaked = await jackfield("webhooks", "rotate", webhook["id"], "--overlap-hours=0", **shell)

    assert rotated.out.startswith("whsec_")
    assert webhook["secret"] not in rotated.out
    assert "the old secret signs as well until 20" in rotated.err
    assert (leaked.status, leaked.err) == (0, "")


async def test_an_example_is_sent_from_the_shell(
    jackfield: Command, data_dir: Path, sandbox: Sandbox, receiver: Receiver
) -> None:
    receiver.answers = [reply(), reply(status=500)]
    async with serving_hub(sandbox, data_dir=data_dir, allow_private_networks=True) as hub:
        shell = {"URL": hub.hub.public_url, "API_KEY": hub.api_key}
        webhook = await subscribe(hub, receiver.url)

        taken = await jackfield("webhooks", "test", webhook["id"], **shell)
        event = "--event=account.deleted"
        refused = await jackfield("webhooks", "test", webhook["id"], event, **shell)

    assert taken.out.startswith("taken: 200, ")
    assert (refused.status, "the receiver answered 500" in refused.err) == (1, True)
    assert [each["event"] for each in receiver.told] == ["webhook.test", "account.deleted"]


async def test_an_endpoint_is_added_disabled_enabled_and_deleted_from_the_shell(
    jackfield: Command, data_dir: Path, sandbox: Sandbox, receiver: Receiver
) -> None:
    async with serving_hub(sandbox, data_dir=data_dir, allow_private_networks=True) as hub:
        shell = {"URL": hub.hub.public_url, "API_KEY": hub.api_key}
        url = f"{receiver.url}/hooks"
        added = await jackfield("webhooks", "add", url, "--event=account.created", **shell)
        webhook_id = added.err.split()[0]
        disabled = await jackfield("webhooks", "disable", webhook_id, **shell)
        enabled = await jackfield("webhooks", "enable", webhook_id, "--json", **shell)
        unsure = await jackfield("webhooks", "delete", webhook_id, **shell)
        deleted = await jackfield("webhooks", "delete", webhook_id, "--yes", **shell)
        none = await jackfield("webhooks", "list", **shell)
        refused = await jackfield("webhooks", "add", "ftp://example.com", **shell)

    assert added.out.startswith("whsec_")
    assert added.err.endswith(" is told of account.created\n")
    assert disabled.out == f"{webhook_id} is disabled\n"
    assert (enabled.json["active"], enabled.json["url"]) == (True, url)
    assert unsure.status == 1
    assert deleted.out == f"{webhook_id} is deleted\n"
    assert "webhooks add URL" in none.err + none.out
    assert refused.status == 1
