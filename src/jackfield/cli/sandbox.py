"""`jackfield sandbox …`: providers simulated on this machine."""

import asyncio
import signal
from codecs import BOM_UTF8
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from jackfield.cli.output import say
from jackfield.kit import log
from jackfield.kit.json import DecodeError, encode
from jackfield.sandbox.iterable.refusals import Refusal
from jackfield.sandbox.iterable.seed.document import RegionSeeds
from jackfield.sandbox.iterable.seed.files import parse_seeds, slowed
from jackfield.sandbox.iterable.server import Sandbox, serve
from jackfield.sandbox.listener import PortUnavailable


@click.group()
def sandbox() -> None:
    """Simulate a provider on this machine."""


@sandbox.command()
@click.option("--us-port", type=click.IntRange(0, 65535), default=9901, show_default=True)
@click.option("--eu-port", type=click.IntRange(0, 65535), default=9902, show_default=True)
@click.option(
    "--latency",
    type=click.FloatRange(0, 600_000),
    metavar="MS",
    help="Make every answer wait this long.",
)
@click.option(
    "--seed",
    "seed_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Start from a JSON seed instead of the usual project.",
)
@click.option("--json", "as_json", is_flag=True, help="Print addresses and keys as one line.")
def iterable(
    us_port: int, eu_port: int, latency: float | None, seed_file: Path | None, *, as_json: bool
) -> None:
    """Simulate Iterable: the US data center on one port, the EU one on another.

    Port 0 takes any free port. The API keys are the same at every start. Stop it with Ctrl-C.
    """
    log.configure()
    seeds = _read_seeds(seed_file, latency)
    try:
        asyncio.run(_serve(us_port, eu_port, seeds, as_json=as_json))
    except PortUnavailable as error:
        raise click.ClickException(str(error)) from error
    except Refusal as error:
        msg = f"the seed cannot be planted: {error}"
        raise click.ClickException(msg) from error


async def _serve(us_port: int, eu_port: int, seeds: RegionSeeds, *, as_json: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with serve(us_port=us_port, eu_port=eu_port, seeds=seeds) as running:
        _announce(running, as_json=as_json)
        await stopped.wait()


def _read_seeds(file: Path | None, latency: float | None) -> RegionSeeds:
    try:
        seeds = parse_seeds(file.read_bytes().removeprefix(BOM_UTF8) if file is not None else b"{}")
    except DecodeError as error:
        msg = f"{file} is not a seed: {error}"
        raise click.ClickException(msg) from error
    return seeds if latency is None else slowed(seeds, latency / 1000)


def _announce(running: Sandbox, *, as_json: bool) -> None:
    regions = {"us": running.us, "eu": running.eu}
    if as_json:
        shown = {
            name: {"url": origin.url, "api_keys": dict(origin.api_keys)}
            for name, origin in regions.items()
        }
        say(encode(shown).decode())
        return
    console = Console()
    for name, origin in regions.items():
        table = Table("Key", "Value", title=f"{name.upper()} {origin.url}", title_justify="left")
        for kind, value in origin.api_keys.items():
            table.add_row(kind, value)
        console.print(table)
    console.print("Open an address in a browser to see what is in it. Ctrl-C stops it.")
