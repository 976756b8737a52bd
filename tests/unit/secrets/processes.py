"""Processes of a hub as far as keys go: each opens them, follows them, and seals and opens."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from jackfield.db.project_cache import ProjectCache
from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub
from jackfield.secrets.keys import watch
from jackfield.secrets.keys.rotation import Rotation
from jackfield.secrets.store import SealedSecrets, SecretOwner
from jackfield.settings import Settings
from jackfield.vault.cipher import Vault
from jackfield.vault.held_keys import HeldKeys
from jackfield.vault.keyring_file import FileStore
from tests.support.actor import TESTER
from tests.support.clock import FrozenClock

PROJECT = ProjectId("prj_01KJMBQDE00000000000000000")


@dataclass
class Process:
    db: Database
    vault: Vault
    held_keys: HeldKeys
    cache: ProjectCache = field(default_factory=ProjectCache)

    async def follow(self) -> None:
        await watch.follow(cast("Hub", self))

    async def keep(self, owner: str, values: Mapping[str, str], *, generation: int = 1) -> None:
        async with self.db.write(PROJECT, TESTER) as tx:
            place = SecretOwner(PROJECT, owner, generation)
            await SealedSecrets(tx, self.vault).put(place, values)

    async def kept(self, owner: str, *, generation: int = 1) -> Mapping[str, str]:
        async with self.db.read(PROJECT) as tx:
            place = SecretOwner(PROJECT, owner, generation)
            return await SealedSecrets(tx, self.vault).get(place)


@dataclass
class Machines:
    """Processes on machines that share a database; each machine has a folder with its keyring."""

    db: Database
    clock: FrozenClock
    folder: Path
    running: list[Process] = field(default_factory=list[Process])

    def store(self, machine: str = "first") -> FileStore:
        return FileStore(str(self.folder / machine / "keyring.json"))

    async def start(self, machine: str = "first", *, copies: str | None = None) -> Process:
        """Start a process; `copies` names the machine whose keyring its machine is given before."""
        folder = self.folder / machine
        folder.mkdir(exist_ok=True)
        if copies is not None:
            self.copy(copies, machine)
        vault, held = await watch.open_keys(
            self.db, Settings(data_dir=folder), self.clock, creates=True, joins=True
        )
        process = Process(self.db, vault, held)
        self.running.append(process)
        return process

    async def command(self) -> Process:
        """Start a process that ends before long, for which no rotation waits."""
        settings = Settings(data_dir=self.folder / "first")
        opened = await watch.open_keys(self.db, settings, self.clock, creates=False, joins=False)
        return Process(self.db, *opened)

    async def stop(self, process: Process) -> None:
        self.running.remove(process)
        await watch.leave(self.db, process.held_keys)

    def copy(self, machine: str, to: str) -> None:
        target = self.folder / to / "keyring.json"
        target.touch(mode=0o600)
        target.write_bytes((self.folder / machine / "keyring.json").read_bytes())

    def write(self, change: Callable[[bytes], bytes], machine: str = "first") -> bytes:
        """Change the file of a keyring in place; return what was in it."""
        file = self.folder / machine / "keyring.json"
        before = file.read_bytes()
        file.write_bytes(change(before))
        return before

    def remove_keyring(self, machine: str = "first") -> None:
        (self.folder / machine / "keyring.json").unlink()

    def rotation(self, *, machine: str = "first", patience: float = 30.0) -> Rotation:
        """Return a rotation, at each look of which all that run follow the keys."""

        async def follow(_seconds: float) -> None:
            for each in self.running:
                await each.follow()

        return Rotation(
            self.db, self.store(machine), self.clock, TESTER, patience=patience, sleep=follow
        )


@asynccontextmanager
async def machines(db: Database, clock: FrozenClock, folder: Path) -> AsyncGenerator[Machines]:
    await db.unscoped(
        "insert into projects (id, name, created_at) values (:id, 'default', :now)", id=PROJECT
    )
    yield Machines(db, clock, folder)
