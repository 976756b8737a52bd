"""An audit log of two projects, and the program that verifies it without the hub."""

import importlib.util
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Final

from jackfield.audit import chain
from jackfield.audit.export import export
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId
from jackfield.vault.audit_keys import AuditKeys
from jackfield.vault.keyring import Key, Keyring
from tests.support.actor import TESTER
from tests.support.clock import NOW

ONE, OTHER = ProjectId("prj_one"), ProjectId("prj_other")
FIRST, SECOND = (
    Key(f"0000000{n}", bytes([n]) * 32, datetime(2026, 1, n, tzinfo=UTC)) for n in (1, 2)
)
KEYS: Final = AuditKeys(Keyring((FIRST,), FIRST.id))
ROTATED: Final = AuditKeys(Keyring((FIRST, SECOND), SECOND.id))
ONLY_SECOND: Final = AuditKeys(Keyring((SECOND,), SECOND.id))
_PROGRAM: Final = Path(__file__).parents[2] / "docs" / "audit_verifier.py"


async def add(
    db: Database, project_id: ProjectId, count: int, keys: AuditKeys | None = KEYS
) -> None:
    """Add records to a project's log, each in a transaction of its own, and sign the last."""
    for number in range(count):
        async with db.write(project_id, TESTER) as tx:
            await record(tx, AuditKind.SETTINGS_CHANGED, after={"number": number, "é": "ü"})
    if keys is not None:
        await sign(db, project_id, keys)


async def sign(db: Database, project_id: ProjectId, keys: AuditKeys = KEYS) -> None:
    async with db.write(project_id, TESTER) as tx:
        await chain.sign(tx, keys)


async def exported(
    db: Database, file: Path, keys: AuditKeys = KEYS, *, only: Sequence[ProjectId] = ()
) -> Path:
    """Export the log into a file, and return it."""
    content = b"".join([line async for line in export(db, keys, NOW, only=only)])
    file.write_bytes(content)  # noqa: ASYNC240 - a small one
    return file


def verified_elsewhere(file: Path, keys: AuditKeys = KEYS) -> str:
    """Return what the program of the docs says of a file: its error, or nothing."""
    return verified_by(file, keys.public_keys())


def verified_by(file: Path, keys: Mapping[str, str]) -> str:
    """Return the same, with public keys by their ids."""
    try:
        _program().main(file.read_bytes().splitlines(keepends=True), keys)
    except SystemExit as error:
        return str(error)
    return ""


def _program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_verifier", _PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
