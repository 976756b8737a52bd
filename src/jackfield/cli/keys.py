"""`jackfield keys …`: API keys, in the data directory or database of this machine."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import click

from jackfield.cli.output import fail, json_option, print_json, print_table, reporting, say
from jackfield.db.tx import Database
from jackfield.kit.actor import Actor
from jackfield.kit.clock import system_clock
from jackfield.projects.models import EVERY_SCOPE, ApiKey, Scope
from jackfield.projects.narrowed_keys.words import as_tree, limit_words
from jackfield.settings import Settings

_LISTS: Final = ("connectors", "actions", "effects")


@click.group()
def keys() -> None:
    """
    Make, narrow, list, disable and revoke API keys.

    Works on the database of this installation (JACKFIELD_DATA_DIR or JACKFIELD_DATABASE_URL),
    also while the hub is running. `narrow` asks the hub at JACKFIELD_URL, with JACKFIELD_API_KEY.
    """


@keys.command()
@click.option("--name", required=True, help="What the key is for, to tell it from others.")
@click.option("--project", default="default", show_default=True, help="Made if there is none.")
@click.option(
    "--scopes",
    help="What it may do, separated by commas; everything in its project when left out. "
    f"Scopes: {', '.join(sorted(Scope))}.",
)
@click.option(
    "--expires", "days", metavar="DAYS", type=click.IntRange(1, 3650), help="Never when left out."
)
@json_option
@reporting
def create(name: str, project: str, scopes: str | None, days: int | None, *, as_json: bool) -> None:
    """Make an API key and print it. This is the only time it can be read."""
    granted = _scopes(scopes)
    lifetime = None if days is None else timedelta(days=days)

    async def make() -> tuple[str, str]:
        from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`
        from jackfield.cli.first_start import (  # noqa: PLC0415
            hand_over_recovery_key,
            is_first_start,
        )
        from jackfield.installation import has_database, keyring_store  # noqa: PLC0415
        from jackfield.profiles import service as profiles  # noqa: PLC0415
        from jackfield.projects import service as projects  # noqa: PLC0415

        settings, actor = Settings.read(), Actor.command("keys create")
        if settings.database_url is None and not has_database(settings):
            where = settings.data_dir.resolve()
            say(f"there was no hub in {str(where)!r}: a new one is made there", err=True)
        store = keyring_store(settings)
        is_first = await is_first_start(store)
        async with open_hub(settings, public_url=settings.url, store=store) as hub:
            if is_first:
                await hand_over_recovery_key(hub, store, actor)
            owner = await projects.ensure_project(hub, actor, project)
            await profiles.ensure_defaults(hub, owner.id, actor)
            async with hub.db.write(owner.id, actor) as tx:
                issued = await projects.issue_key(tx, name=name, scopes=granted, lifetime=lifetime)
            return issued.id, issued.token.reveal()

    key_id, key = asyncio.run(make())
    if as_json:
        print_json(
            {"id": key_id, "key": key, "name": name, "project": project, "scopes": sorted(granted)}
        )
    else:
        say(key)
        say(f"key {key_id} of project {project!r}; it is not shown again", err=True)


@keys.command()
@click.option("--name", default="", help="What will use it: an agent, a page.")
@click.option("--owner", metavar="ID", help="Your customer: only their accounts.")
@click.option("--account", "accounts", metavar="ID", multiple=True, help="Several times.")
@click.option("--connector", "connectors", metavar="KEY", multiple=True, help="Several times.")
@click.option(
    "--action",
    "actions",
    metavar="ID",
    multiple=True,
    help="An id, or a pattern such as 'iterable_list_*'. Several times.",
)
@click.option(
    "--effect",
    "effects",
    type=click.Choice(["read", "write", "send", "delete"]),
    multiple=True,
    help="Only actions that do nothing else. Several times.",
)
@click.option("--calls", type=click.IntRange(1, 1_000_000), help="How many runs and proxy calls.")
@click.option(
    "--minutes", type=click.IntRange(1, 43_200), help="For how long; an hour if left out."
)
@json_option
def narrow(**wanted: Any) -> None:
    """
    Mint a key that may do less than JACKFIELD_API_KEY, and print it.

    For an agent or a page of the browser: it ends with the key it comes from, and with its minutes.
    What is left out is limited as it is for that key.
    """
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`
    from jackfield.client import NarrowedKey  # noqa: PLC0415

    lists = {"accounts": "account_ids", **{each: each for each in _LISTS}}
    limits: dict[str, Any] = {
        name: list(wanted[option]) for option, name in lists.items() if wanted[option]
    }
    limits |= {name: wanted[name] for name in ("name", "calls", "minutes") if wanted[name]}
    if wanted["owner"] is not None:
        limits["origin_owner_id"] = wanted["owner"]
    made = api.call("POST", "/jackfield/keys", NarrowedKey, body=limits)
    if wanted["as_json"]:
        print_json(made)
        return
    say(made["key"])
    say(f"key {made['id']}, until {made['expires_at']}; it is not shown again", err=True)


@keys.command("list")
@click.option("--project", default="default", show_default=True, help="Whose keys.")
@json_option
@reporting
def list_keys(project: str, *, as_json: bool) -> None:
    """List the API keys of a project, each with those that come from it below."""
    api_keys, now = asyncio.run(_all_keys(project)), system_clock()
    if as_json:
        print_json({"data": [_plain(key, now) for key in api_keys], "next": None})
        return
    print_table(
        ["id", "name", "state", "created", "expires", "last used", "may"],
        [
            (
                "  " * depth + key.id,
                key.name,
                key.state(now),
                f"{key.created_at:%Y-%m-%d %H:%M}",
                key.expires_at and f"{key.expires_at:%Y-%m-%d %H:%M}",
                key.used_at and f"{key.used_at:%Y-%m-%d %H:%M}",
                _rights(key),
            )
            for key, depth in as_tree(api_keys)
        ],
        empty=f"project {project!r} has no API keys",
    )


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--project", default="default", show_default=True, help="Whose keys.")
@reporting
def revoke(key_id: str, project: str) -> None:
    """Revoke the API key ID, for good. A running hub refuses it within a second."""
    asyncio.run(_change(project, key_id, "revoke"))
    say(f"revoked {key_id}", err=True)


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--project", default="default", show_default=True, help="Whose keys.")
@reporting
def disable(key_id: str, project: str) -> None:
    """Disable the API key ID, until it is enabled again: who still uses it is found out so."""
    asyncio.run(_change(project, key_id, "disable"))
    say(f"disabled {key_id}", err=True)


@keys.command()
@click.argument("key_id", metavar="ID")
@click.option("--project", default="default", show_default=True, help="Whose keys.")
@reporting
def enable(key_id: str, project: str) -> None:
    """Enable the disabled API key ID."""
    asyncio.run(_change(project, key_id, "enable"))
    say(f"enabled {key_id}", err=True)


async def _change(project: str, key_id: str, verb: Literal["revoke", "disable", "enable"]) -> None:
    from jackfield.audit import chain  # noqa: PLC0415 - kept out of `--help`
    from jackfield.installation import keyring_store  # noqa: PLC0415
    from jackfield.kit.ids import ApiKeyId  # noqa: PLC0415
    from jackfield.projects.service import change_key, get_project  # noqa: PLC0415
    from jackfield.vault.audit_keys import AuditKeys  # noqa: PLC0415

    async with _database() as db:
        owner = await get_project(db, project)
        keys = keyring_store(Settings.read()).read()
        async with db.write(owner.id, Actor.command(f"keys {verb}")) as tx:
            await change_key(tx, ApiKeyId(key_id), verb)
            # Where a keyring is at hand; otherwise a hub does so.
            if keys is not None:
                await chain.sign(tx, AuditKeys(keys))


async def _all_keys(project: str) -> list[ApiKey]:
    from jackfield.projects.repo import ApiKeys  # noqa: PLC0415 - kept out of `--help`
    from jackfield.projects.service import get_project  # noqa: PLC0415

    async with _database() as db:
        owner = await get_project(db, project)
        async with db.read(owner.id) as tx:
            return await ApiKeys(tx).all()


@asynccontextmanager
async def _database() -> AsyncGenerator[Database]:
    """Open the database of this installation, which must be there and at this version."""
    from jackfield.installation import open_database, require_version  # noqa: PLC0415 - as above

    async with open_database(Settings.read()) as db:
        await require_version(db)
        yield db


def _scopes(text: str | None) -> frozenset[Scope]:
    if text is None:
        return EVERY_SCOPE
    names = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in set(Scope)]:
        fail(
            f"no such scope: {', '.join(unknown)}; scopes are {', '.join(sorted(Scope))}", status=2
        )
    return frozenset(map(Scope, names))


def _rights(key: ApiKey) -> str:
    if key.limits is not None:
        return ", ".join(limit_words(key)) or "what its parent may"
    return "all" if key.scopes == EVERY_SCOPE else ", ".join(sorted(key.scopes))


def _plain(key: ApiKey, now: datetime) -> dict[str, object]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "state": key.state(now),
        "created_at": key.created_at,
        "created_by": key.created_by,
        "expires_at": key.expires_at,
        "disabled_at": key.disabled_at,
        "revoked_at": key.revoked_at,
        "used_at": key.used_at,
        "user_agent": key.user_agent,
        "address": key.address,
        "parent_id": key.parent_id,
        "limits": key.limits,
        "calls_left": key.calls_left,
    }
