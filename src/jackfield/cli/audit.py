"""`jackfield audit …`: the audit log of this installation, or an exported file of it."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jackfield.cli.output import USAGE, fail, json_option, print_json, print_table, reporting, say
from jackfield.kit.clock import system_clock
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.audit.pushes.models import PushState
    from jackfield.audit.verification import Verification
    from jackfield.db.tx import Database
    from jackfield.kit.ids import ProjectId
    from jackfield.vault.audit_keys import AuditKeys
    from jackfield.vault.keyring import Keyring

_ID_AND_KEY = 2


@click.group()
def audit() -> None:
    """Verify and export the audit log, in the database of this installation."""


@audit.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--project", metavar="NAME|ID",
    help="Only the log of this project, which may be deleted; not with FILE.",
)  # fmt: skip
@click.option(
    "--key", "given", metavar="ID:HEX", multiple=True,
    help="Trust this public key, instead of those of the keyring; may be given several times.",
)  # fmt: skip
@json_option
@reporting
def verify(
    file: Path | None, project: str | None, given: tuple[str, ...], *, as_json: bool
) -> None:
    """
    Verify that no record was changed, removed, moved or added since it was written.

    Reads the database of this installation, or an exported FILE. Names the first broken record, and
    ends with the status 1 then. Changes nothing.
    """
    if file is not None and project is not None:
        fail("--project is for the database; FILE is verified as it is", status=USAGE)
    if file is None and given:
        fail("--key goes with FILE: the database is verified with the keyring", status=USAGE)
    found = asyncio.run(_verified(file, project, read_keys(given)))
    if as_json:
        print_json(_plain(found))
    else:
        print_table(
            ("Log", "Records", "From", "To", "Not signed yet"),
            [
                (each.part.chain, each.records, each.part.after + 1, each.seq, each.unsigned)
                for each in found.chains
            ],
            empty="there is no record yet",
        )
    if found.fault is not None:
        fail(f"{found.fault} [audit_broken]")
    if not as_json:
        say("everything in it is as it was written", err=True)


@audit.command()
@click.option(
    "--project", metavar="NAME|ID", help="Only the log of this project, which may be deleted."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="Write into this new file, instead of the standard output.",
)  # fmt: skip
@reporting
def export(project: str | None, output: Path | None) -> None:
    """Export the whole log as lines of JSON, with what proves them. Changes nothing."""
    if output is not None and output.exists():
        fail(f"{str(output)!r} is there already; name another file")
    if output is None and sys.stdout.isatty():
        fail("name a file with --output, or send this to another program", status=USAGE)
    lines = asyncio.run(_exported(project, output))
    say(f"exported {lines} lines", err=True)


@audit.command()
@json_option
@reporting
def push(*, as_json: bool) -> None:
    """
    Push what the sinks of JACKFIELD_AUDIT_PUSH do not have, at once, and say how far each is.

    A running hub or worker does so by itself. Ends with the status 1 if a sink does not take it.
    """
    settings = Settings.read()
    if not settings.audit_push:
        fail("JACKFIELD_AUDIT_PUSH names no sink", status=USAGE)
    states = asyncio.run(_pushed(settings))
    if as_json:
        print_json(
            {"data": [{"chain": each.project_id, **_state(each)} for each in states], "next": None}
        )
    else:
        print_table(
            ("Sink", "Log", "Pushed", "Of", "Error"),
            [(each.sink, each.project_id, each.seq, each.last_seq, each.error) for each in states],
            empty="there is no record yet",
        )
    if any(each.error for each in states):
        fail("a sink did not take what was pushed")


@audit.command()
@json_option
@reporting
def keys(*, as_json: bool) -> None:
    """Print the public keys that prove the log, to keep them elsewhere."""
    from jackfield.vault.audit_keys import AuditKeys  # noqa: PLC0415 - kept out of `--help`

    found = AuditKeys(keyring_of(Settings.read())).public_keys()
    if as_json:
        print_json(found)
        return
    for name, key in found.items():
        say(f"{name}:{key}")


async def _verified(
    file: Path | None, project: str | None, given: Mapping[str, str]
) -> "Verification":
    from jackfield.audit.database import verify_chains  # noqa: PLC0415 - kept out of `--help`
    from jackfield.audit.verification import verify as verify_lines  # noqa: PLC0415
    from jackfield.vault.audit_keys import AuditKeys  # noqa: PLC0415

    settings = Settings.read()
    if file is not None:
        trusted = given or AuditKeys(keyring_of(settings)).public_keys()
        return await verify_lines(_lines_of(file), trusted)
    async with _opened(settings, project) as (db, signing, only):
        return await verify_chains(db, signing, system_clock(), only=only)


async def _pushed(settings: Settings) -> "list[PushState]":
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`
    from jackfield.audit.pushes.repo import push_states  # noqa: PLC0415
    from jackfield.worker import audit as upkeep  # noqa: PLC0415

    async with open_hub(settings, public_url=settings.url, creates=False) as hub:
        await upkeep.seal_due(hub)
        await upkeep.push(hub, is_hurried=True)
        return await push_states(hub.db, settings.audit_push)


async def _exported(project: str | None, output: Path | None) -> int:
    from jackfield.audit.export import export as lines_of  # noqa: PLC0415 - kept out of `--help`

    count = 0
    async with _opened(Settings.read(), project) as (db, signing, only):
        if output is None:
            out = sys.stdout.buffer
            async for line in lines_of(db, signing, system_clock(), only=only):
                out.write(line)
                count += 1
            out.flush()
            return count
        with output.open("xb") as file:
            async for line in lines_of(db, signing, system_clock(), only=only):
                file.write(line)
                count += 1
    return count


@asynccontextmanager
async def _opened(
    settings: Settings, project: str | None
) -> "AsyncGenerator[tuple[Database, AuditKeys, tuple[ProjectId, ...]]]":
    """Open the database of this installation, which must be there and at this version."""
    from jackfield.installation import open_database, require_version  # noqa: PLC0415
    from jackfield.members.project_deletion.chains import find_chain  # noqa: PLC0415 - kept out of
    from jackfield.vault.audit_keys import AuditKeys  # noqa: PLC0415 - `--help`

    async with open_database(settings) as db:
        await require_version(db)
        only: tuple[ProjectId, ...] = ()
        if project is not None:
            found = await find_chain(db, project)
            only = (found.project_id,)
            if found.namesakes:
                others = ", ".join(found.namesakes)
                say(f"deleted projects were called {project!r} as well: {others}", err=True)
        yield db, AuditKeys(keyring_of(settings)), only


def keyring_of(settings: Settings) -> "Keyring":
    from jackfield.installation import keyring_store  # noqa: PLC0415 - kept out of `--help`

    found = keyring_store(settings).read()
    if found is None:
        fail(f"there is no keyring at {settings.keyring_location!r}, whose keys sign the log")
    return found


async def _lines_of(file: Path) -> AsyncGenerator[bytes]:
    try:
        with file.open("rb") as lines:
            for line in lines:
                yield line
    except OSError as error:
        fail(f"{str(file)!r} cannot be read: {error.strerror}")


def read_keys(given: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in given:
        parts = each.split(":")
        if len(parts) != _ID_AND_KEY:
            fail("--key takes what `jackfield audit keys` prints, such as 1a2b3c4d:9f…", status=2)
        found[parts[0]] = parts[1]
    return found


def _state(state: "PushState") -> dict[str, object]:
    return {
        "sink": state.sink,
        "seq": state.seq,
        "hash": state.hash,
        "last_seq": state.last_seq,
        "failures": state.failures,
        "error": state.error,
        "pushed_at": state.pushed_at,
    }


def _plain(found: "Verification") -> dict[str, object]:
    return {
        "is_sound": found.fault is None,
        "fault": found.fault
        and {
            "chain": found.fault.chain,
            "seq": found.fault.seq,
            "reason": found.fault.reason,
        },
        "chains": [
            {
                "chain": each.part.chain,
                "after": each.part.after,
                "seq": each.seq,
                "records": each.records,
                "unsigned": each.unsigned,
            }
            for each in found.chains
        ],
    }
