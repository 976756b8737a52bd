"""A hub whose keyring is wrapped by a service."""

from pathlib import Path

import pytest

from jackfield.kit.secret import Secret
from jackfield.vault.keyring import KeyringUnusable
from jackfield.vault.keyring_locations import open_store
from jackfield.vault.keyring_store import Surroundings
from tests.support.key_services import vault_transit
from tests.support.key_services.keys import VersionedKey
from tests.support.key_services.server import serving
from tests.support.running import HubWith

pytestmark = pytest.mark.anyio


@pytest.mark.database
async def test_a_service_opens_the_keyring_at_the_start_and_is_asked_for_no_call(
    hub_with: HubWith, data_dir: Path
) -> None:
    engine, secret = vault_transit.VaultTransit({"hub": VersionedKey()}), vault_transit.TOKEN
    async with hub_with() as hub:
        account = await hub.link()
    with serving(engine) as server:
        location = f"vault-transit:{server.url}/transit/keys/hub"
        told = Surroundings({}.get, data_dir, Secret(secret))
        in_clear = data_dir / "keyring.json"
        keyring = open_store(str(in_clear), told).read()
        assert keyring is not None
        open_store(location, told).create(keyring)
        in_clear.unlink()
        made = len(server.seen)

        async with hub_with(keyring=location, keyring_secret=Secret(secret)) as hub:
            for _ in range(3):
                assert (await hub.run(account, "iterable_list_channels")).status_code == 200

        # Made and tried, then opened once.
        assert (made, len(server.seen)) == (2, 3)
    with pytest.raises(KeyringUnusable, match=r"no keyring at .*keyring\.json"):
        async with hub_with():
            pass
