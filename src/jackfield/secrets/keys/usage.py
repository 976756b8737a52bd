"""The uses of each key of the vault, and the end of one that has none."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from jackfield.db.tx import Database
from jackfield.kit.clock import Clock
from jackfield.secrets.keys.copies import keep_copy
from jackfield.secrets.keys.models import HubProcess, KeyInUse, KeyRow, sealing_key
from jackfield.secrets.keys.repo import (
    count_sealed,
    drop_key,
    find_keys,
    find_processes,
    is_used,
)
from jackfield.secrets.keys.rotation import Rotation
from jackfield.vault.audit_keys import AuditKeys
from jackfield.vault.keyring import Keyring, RetiredKey
from jackfield.vault.keyring_store import KeyringStore, StoreStatus

# Longer than what a browser or a client carries that was sealed or signed with a key, and than a
# transaction that began before another key sealed.
_SETTLED: Final = timedelta(hours=1)


class KeyState(StrEnum):
    """What a key is for."""

    SEALING = "sealing"
    ANNOUNCED = "announced"
    OPENING = "opening"
    # In the keyring alone, as the next rotation's.
    NEW = "new"
    # Known to the database, and not in the keyring.
    MISSING = "missing"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """A key, and how much it seals: `formats` counts the secrets by the format they are sealed in."""

    id: str
    state: KeyState
    created_at: datetime | None
    sealing_since: datetime | None
    secrets: int
    formats: Mapping[str, int]
    needed: str | None


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """Where the keyring is, its keys, and the processes that hold them."""

    location: str
    store: StoreStatus
    keys: tuple[KeyUsage, ...]
    processes: tuple[HubProcess, ...]


async def vault_status(db: Database, store: KeyringStore, clock: Clock) -> VaultStatus:
    """
    Tell what each key is needed for.

    Raises:
        KeyringUnusable: the keyring cannot be read.
    """
    keyring = await asyncio.to_thread(store.read)
    rows = {row.id: row for row in await find_keys(db)}
    counts = defaultdict[str, dict[str, int]](dict)
    for each in await count_sealed(db):
        counts[each.key][str(each.format)] = each.secrets
    processes = await find_processes(db)
    created = {key.id: key.created_at for key in keyring.keys} if keyring else {}
    sealing = sealing_key(keyring, _turns(rows)) if keyring else None
    keys = [
        KeyUsage(
            key,
            _state(key, rows.get(key), sealing, is_held=key in created),
            created.get(key),
            rows[key].sealing_since if key in rows else None,
            sum(counts[key].values()),
            dict(sorted(counts[key].items())),
            _need(key, sealing, rows, counts[key], processes, clock()),
        )
        for key in dict.fromkeys((*created, *rows, *counts))
    ]
    retired = [
        KeyUsage(each.id, KeyState.RETIRED, None, None, 0, {}, None)
        for each in (keyring.retired if keyring else ())
        if each.id not in rows
    ]
    return VaultStatus(store.location, store.status(), (*keys, *retired), tuple(processes))


async def retire(rotation: Rotation, key: str) -> Keyring:
    """
    Take a key out of the keyring that nothing needs any more, and return the keyring without it.

    A keyring that cannot be written from here is returned only: its owner puts it in place.

    Raises:
        KeyInUse: something needs it.
        RotationRunning: a rotation is on.
    """
    db, store = rotation.db, rotation.store
    async with rotation.alone() as keep:
        document = await rotation.checked_keyring()
        if key not in document.ids:
            msg = f"the keyring {store.location!r} has no key {key}"
            raise KeyInUse(msg)
        rows = {row.id: row for row in await find_keys(db)}
        sealing = sealing_key(document, _turns(rows))
        if key != sealing:
            await rotation.everywhere(
                keep, lambda each: each.sealing != key, f"seal with another key than {key}"
            )
        counts = {
            str(each.format): each.secrets for each in await count_sealed(db) if each.key == key
        }
        if (need := _need(key, sealing, rows, counts, [], rotation.clock())) is not None:
            msg = f"key {key} is needed: {need}"
            raise KeyInUse(msg)
        left = RetiredKey(key, AuditKeys(document).public_keys()[key], rotation.clock())
        # It may be named by the keyring still, where only the database says what seals.
        without = document.sealing_with(sealing).without(left)
        if not store.status().is_writable:
            return without
        await asyncio.to_thread(store.replace, document, without)
        if await is_used(db, key):
            await asyncio.to_thread(store.replace, without, document)
            msg = f"key {key} has just sealed something; run: jackfield vault rotate"
            raise KeyInUse(msg)
        await drop_key(db, key)
        await keep_copy(db, without)
        return without


def _turns(rows: Mapping[str, KeyRow]) -> dict[str, int | None]:
    return {key: row.turn for key, row in rows.items()}


def _state(key: str, row: KeyRow | None, sealing: str | None, *, is_held: bool) -> KeyState:
    if not is_held:
        return KeyState.MISSING
    if key == sealing:
        return KeyState.SEALING
    if row is None:
        return KeyState.NEW
    return KeyState.ANNOUNCED if row.turn is None else KeyState.OPENING


def _need(
    key: str,
    sealing: str | None,
    rows: Mapping[str, KeyRow],
    counts: Mapping[str, int],
    processes: list[HubProcess],
    now: datetime,
) -> str | None:
    """Say what a key is needed for, if for anything."""
    if key == sealing:
        return "it seals what is stored now"
    if count := sum(counts.values()):
        return f"{count} secrets are sealed with it; run: jackfield vault rotate"
    row = rows.get(key)
    if row is None or row.turn is None:
        return "it is the next to seal; run: jackfield vault rotate"
    if late := [each for each in processes if each.sealing == key]:
        return f"{late[0]} seals with it"
    since = rows[sealing].sealing_since if sealing is not None and sealing in rows else None
    if since is not None and now < since + _SETTLED:
        return f"browsers may carry what it sealed until {since + _SETTLED:%Y-%m-%d %H:%M} UTC"
    return None
