"""`jackfield doctor`: checks of the installation, each with its remedy."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from jackfield.cli.output import REFUSED, json_option, print_json, print_table, reporting, say
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.kit.urls import find_origin
from jackfield.settings import DEFAULT_URL, Settings

if TYPE_CHECKING:
    from jackfield.connectors.catalog import Catalog
    from jackfield.runtime import Hub

_SANE_YEAR: Final = 2025
_PATIENCE: Final = 10.0
_LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:|$)")
_CHECKS: Final = {
    "invalid_rewrite": "provider rewrite",
    "invalid_setting": "settings",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `advice` says what to do if it is not ok."""

    check: str
    ok: bool
    detail: str
    advice: str = ""


@click.command()
@click.option("--sign-in-link", is_flag=True, help="Print a link that signs you in, once.")
@click.option(
    "--sign-out-everywhere", is_flag=True, help="End the sessions of all signed-in browsers."
)
@click.option(
    "--offline", is_flag=True, help="Ask nothing over the network but the database itself."
)
@click.option("--project", default="default", show_default=True, help="Whose dashboard it is.")
@json_option
@reporting
def doctor(
    project: str, *, sign_in_link: bool, sign_out_everywhere: bool, offline: bool, as_json: bool
) -> None:
    """
    Check the keyring, the database, the store of limits, the connectors, the clock, the public URL, JACKFIELD_URL and who else on this machine could read secrets.

    The hub at JACKFIELD_URL is asked whether it takes the key in JACKFIELD_API_KEY. Exits 1 when something is not in order, and prints advice. Nothing is changed.
    """
    if sign_out_everywhere:
        asyncio.run(_sign_out(project))
        say(f"signed every browser out of project {project!r}", err=True)
        return
    if sign_in_link:
        link = asyncio.run(_sign_in_link(project))
        print_json({"url": link}) if as_json else say(link)
        return
    findings = asyncio.run(_examine(is_offline=offline))
    if as_json:
        print_json({"data": findings, "next": None})
    else:
        print_table(
            ["check", "", "found", "what helps"],
            [
                (each.check, "ok" if each.ok else "!!", each.detail, each.advice)
                for each in findings
            ],
            empty="",
        )
    failed = [each for each in findings if not each.ok]
    for each in failed:
        say(f"error: {each.check}: {each.detail}; {each.advice}", err=True)
    if failed:
        raise click.exceptions.Exit(REFUSED)


async def _sign_in_link(project: str) -> str:
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`
    from jackfield.projects import service as projects  # noqa: PLC0415

    settings = Settings.read()
    async with open_hub(settings, public_url=settings.url, creates=False) as hub:
        owner = await projects.get_project(hub.db, project)
        return await projects.sign_in_url(hub, owner, Actor.command("dashboard"))


async def _sign_out(project: str) -> None:
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`
    from jackfield.members.sessions.service import end_all_of_project  # noqa: PLC0415
    from jackfield.projects import service as projects  # noqa: PLC0415

    settings, actor = Settings.read(), Actor.command("dashboard")
    async with open_hub(settings, public_url=settings.url, creates=False) as hub:
        owner = await projects.get_project(hub.db, project)
        await projects.end_sign_ins(hub, owner, actor)
        await end_all_of_project(hub, owner.id, actor)


async def _examine(*, is_offline: bool) -> list[Finding]:
    return [finding async for finding in _findings(is_offline=is_offline)]


async def _findings(*, is_offline: bool) -> AsyncGenerator[Finding]:
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`
    from jackfield.cli.exposure import exposures  # noqa: PLC0415
    from jackfield.vault.keyring import KeyringUnusable  # noqa: PLC0415
    from jackfield.vault.keyring_locations import is_service  # noqa: PLC0415

    settings = Settings.read()
    yield Finding("settings", ok=True, detail=f"data in {settings.data_dir.resolve()}")
    yield _clock(lambda: datetime.now(UTC))  # noqa: TID251 - the clock itself is what is checked
    yield _public_url(settings)
    for each in exposures(settings.data_dir, settings.secret_files):
        yield Finding(each.name, ok=not each.is_open, detail=each.detail, advice=each.advice)
    if not is_offline:
        yield _hub_at(settings)
    try:
        if is_offline and is_service(settings.keyring_location):
            async for finding in _unopened(settings):
                yield finding
            return
        async with open_hub(settings, public_url=settings.url, creates=False) as hub:
            yield _database(settings)
            yield Finding("keyring", ok=True, detail=f"{settings.keyring_location} opens the vault")
            if not (is_offline and settings.limits_url):
                yield await _limits(hub, settings)
            if (clocks := _shared_clock(hub)) is not None:
                yield clocks
            yield _connectors(hub.catalog)
            yield Finding(
                "provider rewrite",
                ok=True,
                # The hub that runs may have others, which nothing asks it for.
                detail=", ".join(f"{a} → {b}" for a, b in hub.rewrites.targets.items())
                or "none in this command's environment",
            )
    except HubError as error:
        is_keyring = isinstance(error, KeyringUnusable)
        name = "keyring" if is_keyring else _CHECKS.get(error.code, "database")
        yield Finding(
            name, ok=False, detail=f"cannot be opened [{error.code}]", advice=error.detail
        )


async def _unopened(settings: Settings) -> AsyncGenerator[Finding]:
    """Check what can be without the keyring, whose service would be asked for it."""
    from jackfield.connectors.loading.cache import cache_folder  # noqa: PLC0415 - as above
    from jackfield.installation import (  # noqa: PLC0415
        find_catalog,
        keyring_store,
        open_database,
        require_version,
    )

    async with open_database(settings) as db:
        await require_version(db)
    yield _database(settings)
    status = keyring_store(settings).status()
    detail = f"{status.details['document']}, not opened: {status.details['service']} is not asked"
    yield Finding("keyring", ok=True, detail=detail)
    catalog = find_catalog(settings, cache=cache_folder(settings.data_dir), fills_cache=False)
    catalog.load()
    yield _connectors(catalog)


def _database(settings: Settings) -> Finding:
    where = "PostgreSQL" if settings.database_url else str(settings.sqlite_file.resolve())
    return Finding("database", ok=True, detail=f"{where}, up to date")


def _connectors(catalog: "Catalog") -> Finding:
    faulty = [each for each in catalog.findings if each.is_error]
    return Finding(
        "connectors",
        ok=not faulty,
        detail=f"{len(catalog.connectors())} loaded, {len(faulty)} faults",
        advice="run `jackfield connectors check` on their folder" if faulty else "",
    )


async def _limits(hub: "Hub", settings: Settings) -> Finding:
    from jackfield.kit.limit_store import LimitStoreFailed  # noqa: PLC0415 - as above

    if hub.limit_exchange is None:
        return Finding("limits", ok=True, detail="kept by each server: on SQLite there is one")
    where = "Redis" if settings.limits_url else "PostgreSQL"
    try:
        await hub.limit_exchange.check()
    except LimitStoreFailed as error:
        advice = "see to it; until then each process keeps limits by itself"
        return Finding(
            "limits", ok=False, detail=f"{where} does not answer: {error}", advice=advice
        )
    return Finding("limits", ok=True, detail=f"kept by all processes together, in {where}")


def _hub_at(settings: Settings) -> Finding:
    """Ask the hub at JACKFIELD_URL, with the key if there is one."""
    from jackfield.client import ClientError, Hub, NotAllowed  # noqa: PLC0415 - as above

    url, key = settings.url, settings.api_key
    try:
        with Hub(url, key or "none", seconds=_PATIENCE, retries=0) as hub:
            answer = hub.request("GET", "/healthz" if key is None else "/accounts?page_size=1")
    except NotAllowed:
        pass  # The key is known, and is for something else.
    except ClientError as error:
        # One that nothing points to need not run.
        is_wanted = key is not None or url != DEFAULT_URL
        advice = "start it, or set JACKFIELD_URL and JACKFIELD_API_KEY to what belongs together"
        return Finding("hub", ok=not is_wanted, detail=str(error), advice=advice)
    else:
        if key is None and answer != {"status": "ok"}:
            advice = "set JACKFIELD_URL to where the hub is"
            return Finding("hub", ok=False, detail=f"what answers at {url} is none", advice=advice)
    return Finding("hub", ok=True, detail=f"{url} answers" + (", and takes the key" if key else ""))


def _clock(now: Callable[[], datetime]) -> Finding:
    time = now()
    return Finding(
        "clock",
        ok=time.year >= _SANE_YEAR,
        detail=f"{time:%Y-%m-%d %H:%M} UTC",
        advice="" if time.year >= _SANE_YEAR else "set this machine's clock",
    )


def _shared_clock(hub: "Hub") -> Finding | None:
    from jackfield.db.server_clock import ServerClock  # noqa: PLC0415 - as above

    if not isinstance(hub.clock, ServerClock):
        return None
    seconds = round(hub.clock.ahead.total_seconds())
    if not seconds:
        return Finding("shared clock", ok=True, detail="as that of PostgreSQL")
    side = "behind" if seconds > 0 else "ahead of"
    return Finding(
        "shared clock",
        ok=False,
        detail=f"this machine is {abs(seconds)} s {side} PostgreSQL, whose time the hub goes by",
        advice="set both clocks by NTP",
    )


def _public_url(settings: Settings) -> Finding:
    url = settings.public_url
    if url is None:
        return Finding(
            "public url",
            ok=True,
            detail=f"not set: links start with {settings.url}",
            advice="set JACKFIELD_PUBLIC_URL before others open links",
        )
    origin = str(find_origin(url))
    secure = origin.startswith("https:") or _LOOPBACK.match(origin) is not None
    return Finding(
        "public url",
        ok=secure,
        detail=url,
        advice="" if secure else "serve the hub over https: people type credentials into it",
    )
