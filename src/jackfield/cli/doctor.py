"""`jackfield doctor`: checks of the installation, each with its remedy."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import click

from jackfield.cli.output import json_option, print_json, print_table, reporting
from jackfield.kit.actor import Actor
from jackfield.kit.errors import HubError
from jackfield.settings import Settings

_SANE_YEAR: Final = 2025


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `advice` says what to do if it is not ok."""

    check: str
    ok: bool
    detail: str
    advice: str = ""


@click.command()
@click.option("--sign-in-link", is_flag=True, help="Print a link that signs you in, once.")
@click.option("--project", default="default", show_default=True, help="For the sign-in link.")
@json_option
@reporting
def doctor(project: str, *, sign_in_link: bool, as_json: bool) -> None:
    """
    Check the keyring, the database, the connectors, the clock and the public URL.

    Exits 1 when something is not in order, and prints advice.
    """
    if sign_in_link:
        link = asyncio.run(_sign_in_link(project))
        print_json({"url": link}) if as_json else click.echo(link)
        return
    findings = asyncio.run(_examine())
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
    if not all(each.ok for each in findings):
        raise click.exceptions.Exit(1)


async def _sign_in_link(project: str) -> str:
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`
    from jackfield.projects import service as projects  # noqa: PLC0415

    settings = Settings.read()
    async with open_hub(settings, public_url=settings.url) as hub:
        owner = await projects.get_project(hub, project)
        return await projects.sign_in_url(hub, owner, Actor.command("dashboard"))


async def _examine() -> list[Finding]:
    return [finding async for finding in _findings()]


async def _findings() -> AsyncGenerator[Finding]:
    from jackfield.app import open_hub  # noqa: PLC0415 - kept out of `--help`

    settings = Settings.read()
    yield Finding("settings", ok=True, detail=f"data in {settings.data_dir}")
    yield _clock(lambda: datetime.now(UTC))  # noqa: TID251 - the clock itself is what is checked
    yield _public_url(settings)
    try:
        async with open_hub(settings, public_url=settings.url) as hub:
            where = "PostgreSQL" if settings.database_url else str(settings.sqlite_file)
            yield Finding("database", ok=True, detail=f"{where}, up to date")
            yield Finding("keyring", ok=True, detail=f"{settings.keyring_location} opens the vault")
            faulty = [each for each in hub.catalog.findings if each.is_error]
            yield Finding(
                "connectors",
                ok=not faulty,
                detail=f"{len(hub.catalog.connectors())} loaded, {len(faulty)} faults",
                advice="run `jackfield connectors check`" if faulty else "",
            )
            yield Finding(
                "provider rewrite",
                ok=True,
                detail=", ".join(f"{a} → {b}" for a, b in hub.rewrites.targets.items()) or "none",
            )
    except HubError as error:
        yield Finding(error.code, ok=False, detail="cannot be opened", advice=error.detail)


def _clock(now: Callable[[], datetime]) -> Finding:
    time = now()
    return Finding(
        "clock",
        ok=time.year >= _SANE_YEAR,
        detail=f"{time:%Y-%m-%d %H:%M} UTC",
        advice="" if time.year >= _SANE_YEAR else "set this machine's clock",
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
    secure = url.startswith("https:") or "//127.0.0.1" in url or "//localhost" in url
    return Finding(
        "public url",
        ok=secure,
        detail=url,
        advice="" if secure else "serve the hub over https: people type credentials into it",
    )
