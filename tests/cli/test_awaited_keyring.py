"""A hub and a worker whose keyring is wrapped by a service that is away when they start."""

import asyncio
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from jackfield.kit.secret import Secret
from jackfield.vault.keyring import Keyring
from jackfield.vault.keyring_locations import open_store
from jackfield.vault.keyring_store import Surroundings
from tests.cli.conftest import Command
from tests.support import postgres
from tests.support.awaited import answers, said, started
from tests.support.clock import NOW
from tests.support.key_services import vault_transit
from tests.support.key_services.keys import VersionedKey
from tests.support.key_services.server import KeyServer, serving
from tests.support.running import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def engine() -> vault_transit.VaultTransit:
    return vault_transit.VaultTransit({"hub": VersionedKey()})


@pytest.fixture
def server(engine: vault_transit.VaultTransit) -> Generator[KeyServer]:
    with serving(engine) as found:
        yield found


@pytest.fixture
def settings(server: KeyServer, data_dir: Path) -> dict[str, str]:
    """Make a wrapped keyring, and return what a hub has to be told of it."""
    location = f"vault-transit:{server.url}/transit/keys/hub"
    told = Surroundings({}.get, data_dir, Secret(vault_transit.TOKEN))
    open_store(location, told).create(Keyring.mint(NOW))
    return {"KEYRING": location, "KEYRING_SECRET": vault_transit.TOKEN}


def opened(server: KeyServer) -> int:
    return sum("/decrypt/" in each.path for each in server.seen)


async def test_a_hub_is_alive_and_not_ready_until_the_service_opens_its_keyring(
    data_dir: Path,
    engine: vault_transit.VaultTransit,
    server: KeyServer,
    settings: dict[str, str],
) -> None:
    before, port = opened(server), str(postgres.free_port())
    url, engine.is_sealed = f"http://127.0.0.1:{port}", True
    words = ("serve", "--port", port, "--workers", "2")
    async with started(data_dir, *words, **settings) as process:
        line = await said(process, "keyring_awaited")
        alive = await answers(url, "/healthz", 1)
        waiting = await answers(url, "/readyz", 1)
        refused = opened(server)

        engine.is_sealed = False
        await said(process, "listens on")
        ready = await answers(url, "/readyz", 1)

    assert "does not do its work now [VaultDown]" in line
    assert (alive, waiting, ready) == ({(200, None)}, {(503, "2")}, {(200, None)})
    assert vault_transit.TOKEN not in line
    # The first process asked until it was answered, the others once.
    assert refused > before
    assert opened(server) - engine.refused_while_sealed - before == 2


async def test_a_hub_that_waited_in_vain_says_so_once_and_one_that_is_refused_does_not_wait(
    jackfield: Command, engine: vault_transit.VaultTransit, settings: dict[str, str]
) -> None:
    engine.is_sealed = True
    away = await jackfield("serve", "--port", "0", **settings, KEYRING_WAIT="1", LOG_LEVEL="error")
    engine.is_sealed = False
    engine.denied.add("decrypt")
    refused = await jackfield("serve", "--port", "0", **settings, KEYRING_WAIT="999999")

    assert (away.status, refused.status) == (1, 1)
    assert len(away.err.strip().splitlines()) == 1
    assert "waited 1 seconds for it (JACKFIELD_KEYRING_WAIT)" in away.err
    assert "allow update on encrypt/KEY and decrypt/KEY" in refused.err
    assert "keyring_awaited" not in refused.err


async def test_a_process_that_waits_for_a_silent_service_ends_when_it_is_asked_to(
    data_dir: Path, server: KeyServer, settings: dict[str, str]
) -> None:
    server.is_silent, port = True, str(postgres.free_port())
    before = opened(server)
    words = ("serve", "--port", port)
    async with started(data_dir, *words, **settings) as process:
        while opened(server) == before:  # noqa: ASYNC110 - a thread of its own counts
            await asyncio.sleep(0.01)
        alive = await answers(f"http://127.0.0.1:{port}", "/healthz", 1)
        process.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(process.wait(), PATIENCE)

    assert (alive, status) == ({(200, None)}, 0)


async def test_doctor_says_what_opens_the_keyring_and_asks_nobody_offline(
    jackfield: Command,
    engine: vault_transit.VaultTransit,
    server: KeyServer,
    settings: dict[str, str],
) -> None:
    await jackfield("keys", "create", "--name", "x", **settings)
    found = await jackfield("doctor", **settings)
    assert found.status == 0
    assert "opens the vault" in found.out

    seen = len(server.seen)
    offline = await jackfield("doctor", "--offline", "--json", **settings)
    assert (offline.status, len(server.seen)) == (0, seen)
    checks = {each["check"]: each["detail"] for each in offline.json["data"]}
    assert "not opened" in checks["keyring"]
    assert {"database", "connectors"} <= checks.keys()

    engine.is_sealed = True
    away = await jackfield("doctor", "--json", **settings)
    assert away.status == 1
    (keyring,) = [each for each in away.json["data"] if each["check"] == "keyring"]
    assert "VaultDown" in keyring["advice"]
