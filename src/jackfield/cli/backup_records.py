"""Records of backups in the audit log of the installation."""

from jackfield.audit import chain
from jackfield.audit.models import INSTALLATION, AuditKind
from jackfield.audit.service import record
from jackfield.backup.models import Header
from jackfield.cli.output import say
from jackfield.installation import open_database, require_version
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.settings import Settings
from jackfield.vault.audit_keys import AuditKeys
from jackfield.vault.keyring import Keyring


async def record_backup(
    settings: Settings, kind: AuditKind, header: Header, actor: Actor, keyring: Keyring | None
) -> None:
    """
    Record that a backup was made or restored, signed if there is a keyring; or say why not.

    What was done stays done: a copy may be of a server that cannot be written.
    """
    details = {
        "made_at": header.made_at.isoformat(),
        "hub": header.hub,
        "has_logs": header.has_logs,
        "keys": list(header.used_keys),
    }
    try:
        async with open_database(settings) as db:
            await require_version(db)
            async with db.write(INSTALLATION, actor) as tx:
                await record(tx, kind, details=details)
                if keyring is not None:
                    await chain.sign(tx, AuditKeys(keyring))
    except HubError as error:
        say(f"warning: the audit log does not say so: {error}", err=True)
