"""The first start of a hub: the moment when the recovery key of its keyring can be made unasked."""

import asyncio
import contextlib
import sys

from jackfield.cli.output import say
from jackfield.kit.actor import Actor
from jackfield.runtime import Hub
from jackfield.secrets.keys.models import RotationRunning
from jackfield.secrets.keys.recovery import RecoveryKeyExists, make_recovery_key
from jackfield.secrets.keys.rotation import Rotation
from jackfield.vault.keyring_store import KeyringStore


async def is_first_start(store: KeyringStore) -> bool:
    """
    Tell whether there is no keyring yet, so that opening the hub makes it.

    Raises:
        KeyringUnusable: the place cannot be looked at.
    """
    return await asyncio.to_thread(store.read) is None


async def hand_over_recovery_key(hub: Hub, store: KeyringStore, actor: Actor) -> None:
    """Make the recovery key of a new keyring and print it once, if somebody is there to see it."""
    # What is written elsewhere is kept, by whoever keeps logs.
    if not sys.stderr.isatty():
        return
    rotation = Rotation(hub.db, store, hub.clock, actor)
    # Another process that started at this moment may have been first.
    with contextlib.suppress(RecoveryKeyExists, RotationRunning):
        key, _ = await make_recovery_key(rotation, replaces=False)
        say(
            f"recovery key: {key.reveal()}\n"
            "It brings the keyring back if that is lost: print it and lock it away. It is not "
            "shown again, and kept nowhere.",
            err=True,
        )
