"""`standardwebhooks` from PyPI, unmodified, as the receiver of a delivery."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jackfield.kit.clock import system_clock
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.worker.deliveries import Deliverer
from tests.clients.conftest import FOLDER
from tests.support.clock import FrozenClock
from tests.support.running import running_hub
from tests.support.scripted import reply, scripted

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.mark.parametrize("known", ["only", "old", "new"])
async def test_the_published_library_takes_what_we_sign_and_refuses_what_was_altered(
    data_dir: Path,
    sandbox: Sandbox,
    published_python: Path,
    run: Callable[..., Awaitable[Any]],
    tmp_path: Path,
    known: str,
) -> None:
    # The library compares the time of a delivery with the machine's own.
    clock = FrozenClock(system_clock())
    async with (
        scripted(reply()) as receiver,
        running_hub(sandbox, data_dir=data_dir, clock=clock, allow_private_networks=True) as hub,
    ):
        webhook = await hub.api.post(
            "/jackfield/webhooks", json={"url": receiver.url, "events": ["*"]}
        )
        secret = webhook.json()["secret"]
        if known != "only":
            rotated = await hub.api.post(f"/jackfield/webhooks/{webhook.json()['id']}/rotate")
            secret = rotated.json()["secret"] if known == "new" else secret
        await hub.link()
        await Deliverer(hub.hub).run_due()
    (seen,) = receiver.seen
    told = tmp_path / "told.json"
    told.write_text(
        json.dumps(
            {
                "secret": secret,
                "headers": seen.headers,
                "body": seen.body.decode(),
            }
        ),
        "utf-8",
    )

    said = await run(published_python, FOLDER / "python" / "verify_webhook.py", told)

    assert said == {"event": "account.created", "altered": "refused"}
