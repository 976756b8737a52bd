"""
The keys of a process: opened at the start, and followed while it runs.

Each second a process looks whether its keyring or the key that seals is another one, and says so in
the database. A rotation goes on once all have said that they are ready.
"""

import asyncio
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from jackfield.db.tx import Database
from jackfield.installation import NoInstallation, keyring_store
from jackfield.kit.clock import Clock
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub
from jackfield.secrets.keys.copies import refresh_copy
from jackfield.secrets.keys.models import KeyRow, sealing_key
from jackfield.secrets.keys.repo import (
    announce_key,
    count_turns,
    drop_key,
    drop_processes,
    drop_silent,
    find_keys,
    find_turns,
    give_turn,
    is_used,
    keep_process,
    renew_proof,
)
from jackfield.settings import Settings
from jackfield.vault import key_check
from jackfield.vault.cipher import Vault
from jackfield.vault.held_keys import HeldKeys
from jackfield.vault.keyring import Key, Keyring, KeyringUnusable
from jackfield.vault.keyring_store import KeyringStore

# Longer than a request that began before.
_LEAVING_SECONDS: Final = 120.0
_SAID_AGAIN_SECONDS: Final = 3600.0
_KILLED_AFTER: Final = timedelta(days=1)

_log = structlog.get_logger()


async def open_keys(
    db: Database,
    settings: Settings,
    clock: Clock,
    *,
    creates: bool,
    joins: bool,
    store: KeyringStore | None = None,
) -> tuple[Vault, HeldKeys]:
    """
    Open the vault with the keyring that `settings` name, or the one in `store`.

    With `creates`, a keyring is made where there is none. A process that `joins` is one that
    rotations wait for, until it `leave`s.

    Raises:
        NoInstallation: there is no keyring, and `creates` is not set.
        KeyringUnusable: it is missing, damaged, or that of another database.
    """
    store = store or keyring_store(settings)
    revision = store.revision()
    keyring = await asyncio.to_thread(store.read)
    if keyring is None:
        if await find_keys(db):
            msg = (
                f"there is no keyring at {store.location!r}, but this database holds credentials "
                "that were sealed with one; restore it from a backup, or point JACKFIELD_KEYRING "
                "to it (if it is lost for good: jackfield vault forget)"
            )
            raise KeyringUnusable(msg)
        if not creates:
            raise NoInstallation.at(settings.data_dir)
        keyring = Keyring.mint(clock())
        await asyncio.to_thread(store.create, keyring)
        revision = store.revision()
        _log.info("keyring_created", location=store.location, recovery="jackfield vault recovery")
    held = HeldKeys(store, revision, keyring, process=os.urandom(8).hex())
    if joins:
        # Before the keys are looked at: a rotation that announces one looks at the processes then.
        await drop_silent(db, before=clock() - _KILLED_AFTER)
        await _say(db, held, keyring, roll_call=0)
    try:
        rows = await _checked(db, keyring, store.location, creates=creates)
    except BaseException:
        await leave(db, held)
        raise
    turns = {row.id: row.turn for row in rows}
    sealing = keyring.sealing_with(sealing_key(keyring, turns))
    return Vault(sealing, look=None if joins else store.read), held


async def follow(hub: Hub) -> None:
    """Go on with the keys that there are now, and say so if it was asked or is news."""
    held = hub.held_keys
    if held is None:
        return
    await _look(held)
    turns, roll_call = await find_turns(hub.db)
    keyring = _followed(hub, held, turns)
    if keyring != hub.vault.keyring:
        hub.vault.use(keyring)
        await refresh_copy(hub.db, held.document)
        _log.info("keys_followed", keys=sorted(keyring.ids), sealing=keyring.current)
    now = time.monotonic()
    said = (keyring.ids, keyring.current, roll_call)
    if said != held.said or now >= held.said_at + _SAID_AGAIN_SECONDS:
        await _say(hub.db, held, keyring, roll_call=roll_call)
        held.said, held.said_at = said, now


async def leave(db: Database, held: HeldKeys) -> None:
    """Let no rotation wait for this process any more."""
    try:
        await drop_processes(db, [held.process])
    except HubError as error:
        # It is taken for a killed one.
        _log.warning("process_not_signed_off", code=error.code)


async def _checked(db: Database, keyring: Keyring, location: str, *, creates: bool) -> list[KeyRow]:
    """Make sure that the keyring is this database's; return the keys that the database knows."""
    rows = await find_keys(db)
    turns = {row.id: row.turn for row in rows}
    sealing = sealing_key(keyring, turns)
    proofs = {row.id: row.proof for row in rows}
    # A keyring with none of the keys is another's, even where nothing is sealed yet. The key that
    # seals is never missing, nor one that is announced: it may seal in a moment.
    lacking = proofs.keys() - keyring.ids - {sealing}
    for key in sorted(lacking) if keyring.ids & proofs.keys() else ():
        if (turns[key] is not None or not any(turns.values())) and not await is_used(db, key):
            del proofs[key]
            if creates:
                await drop_key(db, key)
                _log.info("key_retired", key=key)
    vault = Vault(keyring)
    key_check.check(vault, proofs, location)
    if creates:
        await count_turns(db, keyring.current)
        if keyring.current not in proofs:
            # Its owner named it, or the database is from before it was.
            await announce_key(db, keyring.current, key_check.make(keyring, keyring.current))
            await give_turn(db, keyring.current)
        for row in rows:
            if row.id in keyring.ids and not key_check.is_made_with(row.proof, row.id):
                await renew_proof(db, row.id, key_check.make(keyring, row.id))
        await refresh_copy(db, keyring)
        rows = await find_keys(db)
    return rows


async def _look(held: HeldKeys) -> None:
    """Read the keyring again, if it is another one; one that cannot be used changes nothing."""
    try:
        revision = held.store.revision()
        if revision == held.revision:
            return
        # Said once for each: it may be half copied, and is complete the next time.
        held.revision = revision
        found = await asyncio.to_thread(held.store.read)
    except KeyringUnusable as error:
        _log.warning("keyring_not_read", detail=error.detail)
        return
    if found is None:
        _log.warning("keyring_not_read", detail=f"{held.store.location!r} is not there any more")
        return
    held.document = found


def _followed(hub: Hub, held: HeldKeys, turns: Mapping[str, int | None]) -> Keyring:
    """Return the keys that this process goes on with."""
    before, document = hub.vault.keyring, held.document
    sealing = sealing_key(document, turns)
    now, kept = time.monotonic(), list[Key]()
    for key in before.keys:
        if key.id in document.ids:
            continue
        if key.id not in held.leaving:
            held.leaving[key.id] = now + _LEAVING_SECONDS
            # What was read before may be sealed with it.
            hub.cache.clear()
            _log.warning("key_taken_out", key=key.id)
        if key.id == sealing or now < held.leaving[key.id]:
            kept.append(key)
    followed = replace(document, keys=(*kept, *document.keys))
    if sealing in followed.ids:
        return followed.sealing_with(sealing)
    if sealing != held.missing:
        held.missing = sealing
        _log.error("sealing_key_missing", key=sealing, location=held.store.location)
    return followed.sealing_with(before.current) if before.current in followed.ids else before


async def _say(db: Database, held: HeldKeys, keyring: Keyring, *, roll_call: int) -> None:
    await keep_process(
        db, held.process, keyring, host=socket.gethostname(), pid=os.getpid(), roll_call=roll_call
    )
