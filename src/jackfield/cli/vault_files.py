"""`jackfield vault export` and `vault import`: accounts with their credentials, for another hub."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from jackfield.cli.new_file import new_file
from jackfield.cli.output import USAGE, fail, json_option, print_json, print_table, reporting, say
from jackfield.cli.termination import cleaned_up
from jackfield.kit.actor import Actor
from jackfield.kit.secret import Secret
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.moves.arrival import Plan
    from jackfield.moves.connections import Entry
    from jackfield.moves.models import Bundle, MoveEnd

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_THERE: Final = click.Path(path_type=Path, dir_okay=False, exists=True)
# Options that are not called as their variable is.
_OPTIONS: Final = {"checks": "check", "replaces": "replace", "brands": "branding"}


@click.command("export")
@click.argument("file", type=_FILE)
@click.option(
    "--to", "recipients", metavar="AGE-RECIPIENT", multiple=True, required=True,
    help="Encrypt to this public key of age (age-keygen -y); may be given several times.",
)  # fmt: skip
@click.option("--project", default="default", show_default=True, help="Whose accounts.")
@click.option("--owner", "owners", metavar="ID", multiple=True, help="Only of this customer.")
@click.option("--connector", "connectors", metavar="KEY", multiple=True, help="Only of this one.")
@click.option("--account", "accounts", metavar="ID", multiple=True, help="Only this one.")
@click.option("--move", "moves", is_flag=True, help="Suspend them here: another hub uses them.")
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@json_option
@reporting
def export_accounts(
    file: Path,
    recipients: tuple[str, ...],
    project: str,
    owners: tuple[str, ...],
    connectors: tuple[str, ...],
    accounts: tuple[str, ...],
    *,
    moves: bool,
    force: bool,
    as_json: bool,
) -> None:
    """
    Write accounts with their credentials into an encrypted FILE, for another hub.

    With their ids, tokens, history and connector profiles, also while the hub runs. With --move
    they are suspended here once the file is complete, and their tokens are renewed here no more.
    Without it the file is a copy: accounts whose tokens are renewed arrive suspended.
    """
    if file.exists() and not force:
        fail(f"{str(file)!r} is there already; name another file, or add --force")
    with cleaned_up():
        end = asyncio.run(
            _exported(
                file, recipients, project, (owners, connectors, accounts), moves=moves, force=force
            )
        )
    if as_json:
        print_json(
            {"file": str(file), "accounts": end.digests, "profiles": end.profiles, "moved": moves}
        )
        return
    rows = [(account_id, digest[:16]) for account_id, digest in end.digests.items()]
    print_table(("account", "digest"), rows, empty="")
    done = (
        "suspended here" if moves else "still used here: those with refresh tokens arrive suspended"
    )
    say(f"{end.accounts} accounts and {end.profiles} connector profiles; {done}", err=True)


async def _exported(
    file: Path,
    recipients: tuple[str, ...],
    project: str,
    only: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    *,
    moves: bool,
    force: bool,
) -> "MoveEnd":
    from jackfield.accounts.models import AccountFilter  # noqa: PLC0415 - kept out of `--help`
    from jackfield.app import open_hub  # noqa: PLC0415
    from jackfield.moves import export  # noqa: PLC0415
    from jackfield.projects.service import get_project  # noqa: PLC0415
    from jackfield.vault import age_keys  # noqa: PLC0415

    settings, actor = Settings.read(), Actor.command("vault export")
    to = tuple(age_keys.recipient(each) for each in recipients)
    owners, connectors, accounts = only
    chosen = AccountFilter(ids=accounts, providers=connectors, origin_owner_ids=owners)
    write = export.move if moves else export.copy
    async with open_hub(settings, public_url=settings.url, creates=False) as hub:
        owner = await get_project(hub.db, project)
        with new_file(file, force=force) as out:
            return await write(hub, actor, export.Order(owner, chosen, to), out)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--identity", type=_THERE, help="The file with the secret key of age (age-keygen -o)."
)
@click.option("--project", default="default", show_default=True, help="Into which project.")
@click.option("--replace", "replaces", is_flag=True, help="Also accounts that are there already.")
@click.option("--branding", "brands", is_flag=True, help="Also the look of the project's Hub.")
@click.option("--connections", is_flag=True, help="FILE is JSON that another product exported.")
@click.option("--mapping", type=_THERE, help="Connectors and fields by the names in that JSON.")
@click.option("--check", "checks", is_flag=True, help="Ask each provider whether it takes them.")
@click.option("--dry-run", is_flag=True, help="Change nothing: say what would be done.")
@json_option
@reporting
def import_accounts(file: Path, project: str, **given: Any) -> None:
    """
    Take the accounts of a FILE that `vault export` wrote: all of them, or none.

    Each is read back and compared with the file before anything stays. The credentials are sealed
    with the keyring of this hub. See --dry-run for what would be made, changed and refused.

    With --connections, FILE is JSON of another product, as the page about moving describes it.
    """
    is_plain, identity = given["connections"], given["identity"]
    for name in ("mapping", "checks") if not is_plain else ("identity", "replaces", "brands"):
        if given[name]:
            kind = "a file of `vault export`" if is_plain else "--connections"
            fail(f"--{_OPTIONS.get(name, name)} is for {kind}", status=USAGE)
    if is_plain:
        _import_connections(file, project, given)
        return
    if identity is None:
        fail("give the file with the secret key of age: --identity FILE", status=USAGE)
    with cleaned_up():
        bundle, plan = asyncio.run(_imported(file, project, given))
    if given["as_json"]:
        print_json(
            {
                "dry_run": given["dry_run"],
                "moved": bundle.header.moved,
                "profiles": plan.profiles,
                "accounts": plan.accounts,
            }
        )
    else:
        steps = (*plan.profiles, *plan.accounts)
        rows = [(each.id, each.connector, each.fate.value, each.why) for each in steps]
        print_table(("id", "connector", "fate", "why"), rows, empty="the file has no accounts")
    if plan.refused:
        fail(f"{len(plan.refused)} are refused, so nothing would be imported")
    verb = "would be" if given["dry_run"] else "are"
    say(f"{len(plan.accounts)} accounts {verb} as they are in the file", err=True)


def _import_connections(file: Path, project: str, given: dict[str, Any]) -> None:
    with cleaned_up():
        entries, made = asyncio.run(_linked(file, project, given))
    faults = [(fault.path, fault.message) for each in entries for fault in each.faults]
    shown = [
        {
            "place": each.place,
            "id": each.connection.id,
            "provider": each.connection.provider,
            "connector": each.candidate and each.candidate.connector.key,
            "fate": "refused" if each.faults else "same" if each.is_known else "made",
            "faults": [{"path": fault.path, "message": fault.message} for fault in each.faults],
        }
        for each in entries
    ]
    if given["as_json"]:
        print_json({"dry_run": given["dry_run"], "connections": shown, "accounts": made})
    else:
        names = ("place", "id", "provider", "connector", "fate")
        print_table(names, [[each[n] for n in names] for each in shown], empty="the file is empty")
        for path, message in faults:
            say(f"{path}: {message}", err=True)
    if faults:
        fail(f"{len(faults)} faults, so nothing was imported")
    new = sum(each["fate"] == "made" for each in shown)
    verb = "would be linked" if given["dry_run"] else "are linked"
    say(f"{new} accounts {verb}; {len(shown) - new} were there already", err=True)


async def _linked(
    file: Path, project: str, given: dict[str, Any]
) -> "tuple[list[Entry], list[str]]":
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`
    from jackfield.moves import connections  # noqa: PLC0415
    from jackfield.projects.service import get_project  # noqa: PLC0415

    mappings = connections.Mappings()
    if given["mapping"] is not None:
        mappings = connections.read_mappings(given["mapping"].read_bytes())
    settings, content = Settings.read(), await asyncio.to_thread(file.read_bytes)
    async with open_hub(settings, public_url=settings.url, creates=False) as hub:
        owner = await get_project(hub.db, project)
        entries = await connections.prepare(
            hub, owner.id, content, mappings, checks=given["checks"]
        )
        if given["dry_run"] or any(each.faults for each in entries):
            return entries, []
        actor = Actor.command("vault import")
        made = await connections.link_all(hub, owner.id, actor, entries)
        return entries, [each.id for each in made]


async def _imported(file: Path, project: str, given: dict[str, Any]) -> "tuple[Bundle, Plan]":
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`
    from jackfield.moves import arrival  # noqa: PLC0415
    from jackfield.moves import file as move_file  # noqa: PLC0415
    from jackfield.projects.service import get_project  # noqa: PLC0415
    from jackfield.vault import age_keys  # noqa: PLC0415

    settings, replaces = Settings.read(), given["replaces"]
    identities = age_keys.identities(Secret(_text(given["identity"])))
    with file.open("rb") as content:
        bundle = move_file.read(content, identities)
    async with open_hub(settings, public_url=settings.url, creates=False) as hub:
        owner = await get_project(hub.db, project)
        if given["dry_run"]:
            async with hub.db.read(owner.id) as tx:
                return bundle, await arrival.plan(tx, hub, bundle, replaces=replaces)
        actor = Actor.command("vault import")
        return bundle, await arrival.arrive(
            hub, owner.id, actor, bundle, replaces=replaces, brands=given["brands"]
        )


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError) as error:
        # Not the content: it is secret.
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        fail(f"{str(file)!r} cannot be read: {why}")
