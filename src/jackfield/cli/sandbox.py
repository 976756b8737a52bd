"""`jackfield sandbox …`: providers simulated on this machine."""

import asyncio
import signal
from codecs import BOM_UTF8
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

from jackfield.cli.output import PORT, fail, reporting, say
from jackfield.kit import log
from jackfield.kit.json import DecodeError, encode
from jackfield.sandbox.iterable.refusals import Refusal
from jackfield.sandbox.iterable.seed.document import RegionSeeds
from jackfield.sandbox.iterable.seed.files import parse_seeds, slowed
from jackfield.sandbox.iterable.server import Sandbox, serve
from jackfield.sandbox.listener import PortUnavailable
from jackfield.sandbox.oauth.authority import describe
from jackfield.sandbox.oauth.server import OAuthSandbox
from jackfield.sandbox.oauth.server import serve as serve_oauth

if TYPE_CHECKING:
    from jackfield.connectors.connector import Connector
    from jackfield.sandbox.connector.server import ConnectorSandbox

# Of a value that a table shows.
_WIDEST = 60


@click.group()
def sandbox() -> None:
    """Simulate a provider on this machine."""


@sandbox.command()
@click.option("--port", type=PORT, default=9903, show_default=True, help="0 for any free one.")
@click.option("--json", "as_json", is_flag=True, help="Print addresses and clients as one line.")
def oauth(port: int, *, as_json: bool) -> None:
    """
    Simulate an authorization server and the API its tokens are for.

    People sign in at /authorize without a password, as one of a few invented persons. Clients are
    added at /__sandbox__/clients, each with the behaviors that it is to meet:

    \b
      curl http://127.0.0.1:9903/__sandbox__/behaviors
      curl http://127.0.0.1:9903/__sandbox__/clients \\
        -d '{"behaviors": ["token.json_body", "refresh.omits_token"]}'

    The seeded clients are the same at every start; fernwood-client is for the connector of Fernwood,
    whose sign-in and API are here, too. Port 0 takes any free port. Stop it with Ctrl-C.
    """  # noqa: D301 - it ends a paragraph for the command line
    log.configure()
    try:
        asyncio.run(_serve_oauth(port, as_json=as_json))
    except PortUnavailable as error:
        fail(str(error))


@sandbox.command()
@click.argument("key")
@click.option("--port", type=PORT, default=9904, show_default=True, help="0 for any free one.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print the address and credentials as one line."
)
@reporting
def connector(key: str, port: int, *, as_json: bool) -> None:
    """
    Simulate the provider of any connector, as its YAML and its cases describe it.

    Answers every action with seeded data that reads back what was written, checks credentials,
    scopes, headers, inputs and rates, pages, and signs in where the connector uses OAuth. KEY is
    that of a connector that `jackfield connectors list` shows:

    \b
      jackfield sandbox connector hubspot
      curl http://127.0.0.1:9904/__sandbox__/actions
      curl http://127.0.0.1:9904/__sandbox__/faults \\
        -d '{"kind": "error", "error": "key_revoked"}'

    It prints what to fill in to link an account, and the setting that sends a hub's requests here.
    Private keys and their certificates are made at each start; --json has them, too. Port 0 takes any free port. Stop it with Ctrl-C.
    """  # noqa: D301 - it ends a paragraph for the command line
    from jackfield.installation import find_catalog  # noqa: PLC0415 - not for other sandboxes
    from jackfield.settings import Settings  # noqa: PLC0415

    log.configure()
    catalog = find_catalog(Settings.read())
    catalog.load()
    found = catalog.get(key)
    try:
        asyncio.run(_serve_connector(found, port, as_json=as_json))
    except PortUnavailable as error:
        fail(str(error))


@sandbox.command()
@click.option("--us-port", type=PORT, default=9901, show_default=True, help="0 for any free one.")
@click.option("--eu-port", type=PORT, default=9902, show_default=True, help="0 for any free one.")
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
        fail(str(error))
    except Refusal as error:
        msg = f"the seed cannot be planted: {error}"
        raise click.ClickException(msg) from error


async def _serve(us_port: int, eu_port: int, seeds: RegionSeeds, *, as_json: bool) -> None:
    stopped = _stopped()
    async with serve(us_port=us_port, eu_port=eu_port, seeds=seeds) as running:
        _announce(running, as_json=as_json)
        await stopped.wait()


async def _serve_oauth(port: int, *, as_json: bool) -> None:
    stopped = _stopped()
    async with serve_oauth(port=port) as running:
        _announce_oauth(running, as_json=as_json)
        await stopped.wait()


async def _serve_connector(connector: "Connector", port: int, *, as_json: bool) -> None:
    from jackfield.sandbox.connector.server import serve as serve_any  # noqa: PLC0415

    stopped = _stopped()
    async with serve_any(connector, port=port) as running:
        _announce_connector(running, as_json=as_json)
        await stopped.wait()


def _stopped() -> asyncio.Event:
    """Return what is set by a signal to stop."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


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
        say(f"{name.upper()} {origin.url}")
        table = Table("Key", "Value")
        for kind, value in origin.api_keys.items():
            table.add_row(kind, value)
        console.print(table)
    say(f"export JACKFIELD_PROVIDER_REWRITE={running.provider_rewrite}")
    say("Open an address in a browser to see what is in it. Ctrl-C stops it.")


def _announce_oauth(running: OAuthSandbox, *, as_json: bool) -> None:
    described = describe(running.authority)
    if as_json:
        say(encode(described).decode())
        return
    console = Console()
    say(f"OAuth {running.url}")
    table = Table("Client ID", "Client secret")
    for client in running.authority.clients:
        table.add_row(client.id, client.secret)
    console.print(table)
    say("Open the address in a browser to see what happened. Ctrl-C stops it.")


def _announce_connector(running: "ConnectorSandbox", *, as_json: bool) -> None:
    if as_json:
        say(encode(running.state.describe()).decode())
        return
    console = Console()
    for login in running.logins:
        # Not the table's title, which is broken into lines where the table is narrow.
        say(f"{login.method.key}: {login.method.label}")
        table = Table("Field", "Value")
        filled = {**login.setup, **login.credentials}
        # A table would break them into lines of its own, which nobody could paste.
        long = {name: value for name, value in filled.items() if len(value) > _WIDEST}
        for field, value in filled.items():
            table.add_row(field, "below" if field in long else value, style=None)
        console.print(table)
        for field, value in long.items():
            say(f"{field}:\n{value.strip()}\n")
    say(f"{running.state.provider.connector.title} {running.url}")
    say(f"export JACKFIELD_PROVIDER_REWRITE={running.provider_rewrite}")
    say("Ctrl-C stops it.")
