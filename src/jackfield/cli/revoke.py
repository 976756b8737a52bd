"""`jackfield revoke`: credentials that end at their providers, and the proof of it."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from jackfield.cli.audit import keyring_of, read_keys
from jackfield.cli.output import USAGE, fail, json_option, print_json, print_table, reporting, say
from jackfield.kit.actor import Actor
from jackfield.kit.json import Json, as_object
from jackfield.settings import Settings

if TYPE_CHECKING:
    from jackfield.accounts.jobs.installation import Revocations, Target
    from jackfield.accounts.jobs.revocation_report import Report
    from jackfield.runtime import Hub

_SHOWN: Final = 50


@click.command()
@click.option("--account", metavar="ID", help="This account.")
@click.option("--provider", metavar="KEY", help="All accounts of this connector.")
@click.option("--project", metavar="ID", help="All accounts of this project; narrows --provider.")
@click.option("--all", "everything", is_flag=True, help="Every account of this installation.")
@click.option("--job", metavar="ID", help="Go on with this revocation, or report it again.")
@click.option(
    "--verify", "report_file", metavar="REPORT",
    type=click.Path(path_type=Path, dir_okay=False), help="Verify a report, and show it.",
)  # fmt: skip
@click.option(
    "--key", "given", metavar="ID:HEX", multiple=True,
    help="With --verify: trust this public key instead of the keyring's; may be repeated.",
)  # fmt: skip
@click.option(
    "--report", "output", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="Write the signed report into this new file.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@reporting
def revoke(
    *,
    report_file: Path | None,
    given: tuple[str, ...],
    output: Path | None,
    yes: bool,
    as_json: bool,
    job: str | None,
    **chosen: Any,
) -> None:
    r"""
    Revoke credentials at their providers, prove that they are dead, and report what survived.

    Works on this installation, whether the hub runs or not. Every account is suspended first. Each
    provider is then told, where its connector can, and a harmless call shows whether it still
    accepts the credentials. Dead ones are erased; what survived stays suspended, with the place
    where a person ends it.

    Ends with 0 if all are dead, and with 1 if any survived or nothing is known of it. If it is
    interrupted, a running hub goes on by itself, or --job does.

    \b
    jackfield revoke --provider iterable --report incident.ndjson
    jackfield revoke --verify incident.ndjson
    """
    ways = [bool(each) for each in (job, report_file, any(chosen.values()))].count(True)
    if ways != 1 or not _is_clear(chosen):
        fail(
            "choose one of --account, --provider, --project and --all, or --job, or --verify",
            status=USAGE,
        )
    if report_file is not None:
        _show_verified(report_file, given, as_json=as_json)
        return
    if given:
        fail("--key goes with --verify", status=USAGE)
    if output is not None and output.exists():
        fail(f"{str(output)!r} is there already; name another file")
    report = asyncio.run(_revoked(job, chosen, output, yes=yes))
    _show(report, as_json=as_json, output=output)


def _is_clear(chosen: Mapping[str, Any]) -> bool:
    named = [name for name, value in chosen.items() if value]
    return len(named) <= 1 or sorted(named) == ["project", "provider"]


async def _revoked(
    job: str | None, chosen: Mapping[str, Any], output: Path | None, *, yes: bool
) -> "Report":
    from jackfield.accounts.jobs import installation  # noqa: PLC0415 - kept out of `--help`
    from jackfield.app import open_hub  # noqa: PLC0415
    from jackfield.cli import progress  # noqa: PLC0415

    settings = Settings.read()
    async with open_hub(settings, public_url=settings.url, creates=False) as hub:
        if job is None:
            targets = await installation.find_targets(
                hub,
                account=chosen["account"],
                provider=chosen["provider"],
                project=chosen["project"],
            )
            _confirm(targets, yes=yes)
            job = (await installation.start(hub, Actor.command("revoke"), targets))[0][1].id
            say(f"if this is interrupted, go on with: jackfield revoke --job {job}", err=True)
        with progress.shown() as show:
            done = await installation.work_off(hub, job, show)
        return await _report(hub, done, output)


def _confirm(targets: "Sequence[Target]", *, yes: bool) -> None:
    total = sum(len(each.ids) for each in targets)
    if not total:
        fail("no account matches; see them all: jackfield accounts list")
    if yes:
        return
    say(
        f"This suspends {total:,} accounts of {len(targets):,} projects and ends their credentials "
        "at the providers. It cannot be undone: each must be linked again.",
        err=True,
    )
    typed = click.prompt("Type the number of accounts to go on", err=True, default="")
    if typed.replace(",", "").strip() != str(total):
        fail("nothing was changed")


async def _report(hub: "Hub", done: "Revocations", output: Path | None) -> "Report":
    from jackfield.accounts.jobs.revocation_report import (  # noqa: PLC0415 - kept out of `--help`
        read_report,
        write_report,
    )

    keys = hub.vault.audit_keys
    content = b"".join([line async for line in write_report(hub.db, keys, hub.clock(), done)])
    if output is not None:
        with output.open("xb") as file:
            file.write(content)
    return read_report(content, keys.public_keys())


def _show_verified(file: Path, given: tuple[str, ...], *, as_json: bool) -> None:
    from jackfield.accounts.jobs.revocation_report import read_report  # noqa: PLC0415
    from jackfield.vault.audit_keys import AuditKeys  # noqa: PLC0415 - kept out of `--help`

    trusted = read_keys(given) or AuditKeys(keyring_of(Settings.read())).public_keys()
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{str(file)!r} cannot be read: {error.strerror}")
    report = read_report(content, trusted)
    say("the report is as it was written", err=True)
    _show(report, as_json=as_json, output=file)


def _show(report: "Report", *, as_json: bool, output: Path | None) -> None:
    header = report.header
    alive = [each for each in report.accounts if each.verdict in ("survived", "unknown")]
    if as_json:
        print_json(
            {
                "jobs": header.jobs,
                "counts": header.counts,
                "accounts": alive,
                "report": None if output is None else str(output),
            }
        )
    else:
        print_table(
            ("account", "connector", "customer", "verdict", "why", "by hand"),
            [
                (
                    each.account,
                    each.provider,
                    each.customer,
                    each.verdict.value,
                    each.detail,
                    _place(each.by_hand),
                )
                for each in alive[:_SHOWN]
            ],
            empty="everything is dead",
        )
        if len(alive) > _SHOWN:
            say(f"and {len(alive) - _SHOWN:,} more; the report has them all", err=True)
        say(", ".join(f"{count:,} {verdict}" for verdict, count in header.counts.items()))
    if alive:
        sys.exit(1)


def _place(by_hand: Json) -> str:
    places = as_object(by_hand)
    return str(places.get("console") or places.get("guide") or "")
