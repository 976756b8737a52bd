"""
Attacks a hub: one that is given, or one of this version that is started for it.

    python -m tests.attacks --url http://127.0.0.1:8080
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
from playwright.async_api import async_playwright
from rich.console import Console
from rich.table import Table

from jackfield.cli.output import print_json, say
from jackfield.kit import log
from jackfield.sandbox.iterable.server import serve
from tests.attacks import catalog
from tests.attacks.attack import Attack, Outcome, Result, carry_out
from tests.attacks.target import Target, TargetUnfit, open_target
from tests.support.running import serving_hub

_FOUND, _UNFIT = 1, 3


@click.command()
@click.option(
    "--url", help="The public URL of the hub. Without it, one of this version is started."
)
@click.option("--key", envvar="JACKFIELD_API_KEY", help="An API key of the project to attack.")
@click.option(
    "--stranger", envvar="JACKFIELD_OTHER_API_KEY", help="An API key of another project of the hub."
)
@click.option("--only", multiple=True, type=click.Choice(sorted(catalog.ATTACKS)), metavar="NAME",
              help="Carry out this attack; may be repeated.")  # fmt: skip
@click.option("--fault", type=click.Choice(sorted(catalog.FAULTS)), metavar="NAME",
              help="Plant this fault in the hub that is started, to see that it is found.")  # fmt: skip
@click.option("--ports", nargs=2, type=int, default=(0, 0), metavar="P Q",
              help="Where the two providers listen on 127.0.0.1; any that are free if not given.")  # fmt: skip
@click.option("--browser/--no-browser", default=True, help="Use Chromium, where it is installed.")
@click.option(
    "--list", "is_list", is_flag=True, help="List attacks and faults, and attack nothing."
)
@click.option("--json", "is_json", is_flag=True, help="Print one line of JSON.")
def main(  # noqa: PLR0913 - as many as there are options
    *,
    url: str | None,
    key: str | None,
    stranger: str | None,
    only: tuple[str, ...],
    fault: str | None,
    ports: tuple[int, int],
    browser: bool,
    is_list: bool,
    is_json: bool,
) -> None:
    """
    Try to link accounts that are not one's own, and say what came of it.

    Exits with 1 if an attack succeeded, and with 3 if one could not be carried out.
    """
    if is_list:
        _list(is_json=is_json)
        return
    if url is not None and (fault or not key or not stranger):
        msg = (
            "--url needs --key and --stranger, and takes no --fault: see docs/operating/attacks.md"
        )
        raise click.UsageError(msg)
    log.configure(level="critical", stream=sys.stderr)
    chosen = [catalog.ATTACKS[name] for name in only] or [*catalog.ATTACKS.values()]
    try:
        results = asyncio.run(
            _attack(url, (key or "", stranger or ""), chosen, fault, ports, has_browser=browser)
        )
    except TargetUnfit as unfit:
        say(f"The hub cannot be attacked: {unfit}", err=True)
        sys.exit(_UNFIT)
    _show(results, is_json=is_json)
    outcomes = {each.outcome for each in results}
    sys.exit(
        _FOUND if Outcome.SUCCEEDED in outcomes else _UNFIT if Outcome.BROKEN in outcomes else 0
    )


async def _attack(
    url: str | None,
    keys: tuple[str, str],
    chosen: Iterable[Attack],
    fault: str | None,
    ports: tuple[int, int],
    *,
    has_browser: bool,
) -> list[Result]:
    async with AsyncExitStack() as stack:
        if url is None:
            url, keys = await stack.enter_async_context(_own_hub())
        target = await stack.enter_async_context(open_target(url.rstrip("/"), *keys, ports=ports))
        path = shutil.which("chromium") or shutil.which("google-chrome")
        if has_browser and path:
            playwright = await stack.enter_async_context(async_playwright())
            target.chromium = await playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox"]
            )
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        if fault:
            catalog.FAULTS[fault].plant(patch)
        return [await _told(each, target) for each in chosen]


async def _told(chosen: Attack, target: Target) -> Result:
    if sys.stderr.isatty():
        say(f"… {chosen.goal}", err=True)
    return await carry_out(chosen, target)


@asynccontextmanager
async def _own_hub() -> AsyncGenerator[tuple[str, tuple[str, str]]]:
    with TemporaryDirectory() as folder:
        async with (
            serve() as sandbox,
            serving_hub(
                sandbox, data_dir=Path(folder) / "data", allow_private_networks=True
            ) as hub,
        ):
            yield hub.hub.public_url, (hub.api_key, await hub.key(project="stranger"))


def _show(results: list[Result], *, is_json: bool) -> None:
    if is_json:
        rows = [
            {"attack": each.attack.name, "outcome": each.outcome, "detail": each.detail}
            for each in results
        ]
        print_json(rows)
        return
    table = Table("Attack", "Goal", "Outcome")
    for each in results:
        outcome = f"{each.outcome}: {each.detail}" if each.detail else str(each.outcome)
        table.add_row(each.attack.name, each.attack.goal, outcome)
    Console().print(table)
    held = sum(each.outcome is Outcome.HELD for each in results)
    say(f"{held} of {len(results)} attacks held off")


def _list(*, is_json: bool) -> None:
    attacks = {each.name: each.goal for each in catalog.ATTACKS.values()}
    faults = {each.name: each.says for each in catalog.FAULTS.values()}
    if is_json:
        print_json({"attacks": attacks, "faults": faults})
        return
    for title, rows in (("Attack", attacks), ("Fault", faults)):
        table = Table(title, "")
        for name, text in rows.items():
            table.add_row(name, text)
        Console().print(table)


if __name__ == "__main__":
    main()
