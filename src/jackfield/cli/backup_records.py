"""Records of backups in the audit log of the installation."""

from jackfield.audit import chain
from jackfield.audit.models import INSTALLATION, AuditKind
from jackfield.audit.repo import chains_to_sign
from jackfield.audit.service import record
from jackfield.backup.models import Header
from jackfield.backup.repo import keep_number
from jackfield.cli.output import say
from jackfield.db.tx import Transactions, Tx
from jackfield.installation import open_database, require_version
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.settings import Settings
from jackfield.vault.audit_keys import AuditKeys
from jackfield.vault.keyring import Keyring


async def record_backup(settings: Settings, header: Header, actor: Actor) -> None:
    """
    Record that a backup was made, and its number, or say why not.

    What was done stays done: a copy may be of a server that cannot be written. It is not signed:
    the keyring is not asked for here, and its service may be away. The hub does that.
    """
    try:
        async with open_database(settings) as db:
            await require_version(db)
            await keep_number(db, header.number)
            async with db.write(INSTALLATION, actor) as tx:
                await _record(tx, AuditKind.BACKUP_MADE, header)
    except HubError as error:
        say(f"warning: the audit log does not say so: {error}", err=True)


async def record_restored(db: Transactions, header: Header, keyring: Keyring, actor: Actor) -> None:
    """Record, in the restored database, that it is one, and sign what was done meanwhile."""
    async with db.write(INSTALLATION, actor) as tx:
        await _record(tx, AuditKind.BACKUP_RESTORED, header)
    for project_id in await chains_to_sign(db):
        async with db.write(project_id, actor) as tx:
            await chain.sign(tx, AuditKeys(keyring))


async def _record(tx: Tx, kind: AuditKind, header: Header) -> None:
    details = {
        "made_at": header.made_at.isoformat(),
        "hub": header.hub,
        "has_logs": header.has_logs,
        "keys": list(header.used_keys),
    }
    await record(tx, kind, details=details)
