"""
Rotation of the vault's keys: a new key seals, and whatever is sealed under others is sealed under it.

Online: the new key is with every process before one of them seals under it. It can be killed at any
instant and run again: how far it is, is read from the rows and the keyring each time.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Database, Tx
from jackfield.kit.actor import Actor
from jackfield.kit.clock import Clock
from jackfield.kit.ids import ProjectId
from jackfield.projects.repo import all_projects
from jackfield.secrets.keys.copies import refresh_copy
from jackfield.secrets.keys.models import (
    HubProcess,
    KeyNotEverywhere,
    RotationRunning,
    sealing_key,
)
from jackfield.secrets.keys.repo import (
    announce_key,
    call_roll,
    count_sealed,
    count_turns,
    drop_processes,
    find_keys,
    find_processes,
    give_turn,
    lease_rotation,
    release_rotation,
)
from jackfield.secrets.repo import SecretRows, ShreddingKeys, StoredSecret
from jackfield.secrets.store import SecretOwner, binding_of, shredded_with
from jackfield.vault import key_check
from jackfield.vault.cipher import SealBroken, Vault
from jackfield.vault.keyring import Key, Keyring, KeyringUnusable
from jackfield.vault.keyring_store import KeyringStore

_LEASE: Final = timedelta(seconds=30)
_KEPT_SECONDS: Final = 5.0
# After this long without an answer a process is taken for a killed one.
_SILENT: Final = timedelta(seconds=15)
_LOOK_SECONDS: Final = 0.2
_MOST_AT_ONCE: Final = 200

Tell = Callable[[str], None]
Keep = Callable[[], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation has done: `unopened` are the owners of secrets that no key opens."""

    key: str
    is_new: bool
    secrets: int
    unopened: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation works with; `tell` is told how far it is, `patience` is in seconds."""

    db: Database
    store: KeyringStore
    clock: Clock
    actor: Actor
    tell: Tell = lambda _text: None
    patience: float = 600.0
    sleep: Sleep = asyncio.sleep

    async def run(self) -> Rotated:
        """
        Rotate, or finish what an interrupted rotation left.

        Raises:
            RotationRunning: another one does so.
            KeyNotEverywhere: a process does not have the new key; nothing is sealed under it.
            KeyringUnusable: the keyring is not this database's, or cannot be written.
        """
        async with self.alone() as keep:
            document = await self.checked_keyring()
            await count_turns(self.db, document.current)
            turns = {row.id: row.turn for row in await find_keys(self.db)}
            sealing = sealing_key(document, turns)
            left = await self._reseal(document.sealing_with(sealing), keep)
            was_cut_off = await self._name_current(document, sealing)
            if left.secrets or was_cut_off:
                return left
            new = [key for key in document.keys if turns.get(key.id) is None and key.id != sealing]
            key = new[-1] if new else await self._mint(document)
            document = await self.checked_keyring()
            await refresh_copy(self.db, document)
            await self.everywhere(keep, lambda each: key.id in each.keys, f"have key {key.id}")
            await announce_key(self.db, key.id, key_check.make(document, key.id))
            # A process that started before it was announced has said what it holds by now.
            await self.everywhere(keep, lambda each: key.id in each.keys, f"have key {key.id}")
            await give_turn(self.db, key.id)
            await self.everywhere(
                keep, lambda each: each.sealing == key.id, f"seal with key {key.id}"
            )
            done = await self._reseal(document.sealing_with(key.id), keep)
            await self._name_current(document, key.id)
            return Rotated(key.id, is_new=True, secrets=done.secrets, unopened=done.unopened)

    @asynccontextmanager
    async def alone(self) -> AsyncGenerator[Keep]:
        """
        Keep other rotations out during the block; what it yields is called now and then.

        Raises:
            RotationRunning: another one is on.
        """
        lease, kept_at = secrets.token_hex(8), -_KEPT_SECONDS

        async def keep() -> None:
            nonlocal kept_at
            if time.monotonic() < kept_at + _KEPT_SECONDS:
                return
            kept_at = time.monotonic()
            if not await lease_rotation(self.db, lease, until=self.clock() + _LEASE):
                msg = (
                    "another rotation runs, or was killed less than "
                    f"{_LEASE.seconds} seconds ago; run this again in a moment"
                )
                raise RotationRunning(msg)

        await keep()
        try:
            yield keep
        finally:
            await release_rotation(self.db, lease)

    async def checked_keyring(self) -> Keyring:
        """
        Read the keyring, and make sure that it is this database's.

        Raises:
            KeyringUnusable: it is not.
        """
        keyring = await asyncio.to_thread(self.store.read)
        proofs = {row.id: row.proof for row in await find_keys(self.db)}
        if keyring is None or not proofs:
            where = f"there is no keyring at {self.store.location!r}"
            msg = where if keyring is None else "no hub has run with this keyring yet"
            raise KeyringUnusable(msg)
        key_check.check(Vault(keyring), proofs, self.store.location)
        return keyring

    async def everywhere(
        self, keep: Keep, is_ready: Callable[[HubProcess], bool], what: str
    ) -> None:
        """
        Wait until all processes of the hub are ready.

        Raises:
            KeyNotEverywhere: one is not, after all patience.
        """
        number, waited = await call_roll(self.db), 0.0
        while True:
            await keep()
            processes = await find_processes(self.db)
            silent = [each for each in processes if each.roll_call < number]
            waiting = [each for each in processes if each not in silent and not is_ready(each)]
            if not silent and not waiting:
                return
            if waited > _SILENT.seconds:
                killed = [each for each in silent if each.seen_at < self.clock() - _SILENT]
                await drop_processes(self.db, [each.id for each in killed])
            if waited > self.patience:
                names = ", ".join(str(each) for each in waiting or silent)
                msg = (
                    f"{names} does not {what}; where machines have copies of the keyring, copy "
                    f"{self.store.location!r} there (where it is a variable, start the process "
                    "with the new one), and run this again"
                )
                raise KeyNotEverywhere(msg)
            ready = len(processes) - len(silent) - len(waiting)
            self.tell(f"{ready} of {len(processes)} processes {what}")
            await self.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS

    async def _mint(self, document: Keyring) -> Key:
        key = Key.mint(self.clock())
        if not self.store.status().is_writable:
            msg = (
                f"the keyring {self.store.location!r} cannot be written from here; run `jackfield "
                "vault new-key FILE`, give the keyring in FILE to every process of the hub, and "
                "run this again"
            )
            raise KeyringUnusable(msg)
        await asyncio.to_thread(self.store.replace, document, document.with_key(key))
        return key

    async def _name_current(self, document: Keyring, key: str) -> bool:
        """Let the keyring name the key that seals, for a database that does not say; or leave it."""
        if document.current == key or not self.store.status().is_writable:
            return False
        await asyncio.to_thread(self.store.replace, document, document.sealing_with(key))
        return True

    async def _reseal(self, keyring: Keyring, keep: Keep) -> Rotated:
        """Seal under the current key of `keyring` what is sealed under others, until nothing is."""
        vault, done, unopened = Vault(keyring), 0, set[str]()
        total = sum(
            each.secrets for each in await count_sealed(self.db) if each.key != keyring.current
        )
        is_left = total > 0
        while is_left:
            is_left = False
            for project in await all_projects(self.db):
                after: StoredSecret | None = None
                while True:
                    await keep()
                    self.tell(f"{done} of {total} secrets sealed under key {keyring.current}")
                    found = await self._reseal_some(project.id, vault, after, unopened)
                    done += found.changed
                    is_left = is_left or found.changed > 0
                    if found.last is None:
                        break
                    after = found.last
        return Rotated(
            keyring.current, is_new=False, secrets=done, unopened=tuple(sorted(unopened))
        )

    async def _reseal_some(
        self, project_id: ProjectId, vault: Vault, after: StoredSecret | None, unopened: set[str]
    ) -> "_Batch":
        async with self.db.write(project_id, self.actor) as tx:
            rows = SecretRows(tx)
            current = vault.keyring.current
            found = await rows.not_under(current, after=after, most=_MOST_AT_ONCE)
            changed, keys = 0, dict[str, bytes]()
            for each in found:
                owner = SecretOwner(project_id, each.owner_id, each.generation)
                keyed = each.shredded_with
                if keyed is None:
                    keyed = shredded_with(owner.id)
                    if not keys.get(keyed):
                        keys[keyed] = await ShreddingKeys(tx).get(keyed)
                elif keyed not in keys:
                    # One that was destroyed, or lost, has no other in its place.
                    keys[keyed] = await ShreddingKeys(tx).find(keyed) or b""
                try:
                    sealed = vault.rewrap(each.sealed, binding_of(owner, each.field), keys[keyed])
                except SealBroken:
                    unopened.add(each.owner_id)
                    continue
                changed += await rows.exchange(each, sealed, shredded_with=keyed)
            if changed:
                await _record(tx, current, changed)
        is_last = len(found) < _MOST_AT_ONCE
        return _Batch(changed, None if is_last else found[-1])


@dataclass(frozen=True, slots=True)
class _Batch:
    """How many secrets were sealed anew, and the last one that was looked at, if there are more."""

    changed: int
    last: StoredSecret | None


async def _record(tx: Tx, key: str, count: int) -> None:
    await record(tx, AuditKind.CREDENTIALS_RESEALED, details={"key": key, "secrets": count})
