"""Waiting for the service that wraps the keyring, at the start of a process."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

from jackfield.cli.wait import Need, found
from jackfield.installation import keyring_store
from jackfield.kit.daemon_thread import in_daemon_thread
from jackfield.settings import Settings
from jackfield.vault.key_services.port import KeyServiceAway
from jackfield.vault.keyring_store import KeyringStore


async def keyring_found(
    settings: Settings,
    meanwhile: AbstractAsyncContextManager[None],
    ends: set["asyncio.Future[Any]"],
) -> KeyringStore | None:
    """
    Read the keyring, and return its place; nothing if one of `ends` is done before.

    `meanwhile` is open only while the service that opens it is away.

    Raises:
        KeyServiceAway: it was away for as long as the settings say.
        KeyringUnusable: it cannot be used, which waiting would not change.
    """
    store = keyring_store(settings)

    async def read() -> KeyringStore:
        # A service takes its time, and one that is silent keeps no process from ending.
        await in_daemon_thread(store.read)
        return store

    seconds, setting = settings.keyring_wait, "JACKFIELD_KEYRING_WAIT"
    return await found(Need("keyring", read, KeyServiceAway, seconds, setting), meanwhile, ends)
