"""`jackfield demo`: everything on one machine, for a first look."""

import asyncio
import contextlib
import signal
import tempfile
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from jackfield.cli.output import PORT, fail, json_option, print_json, print_table, reporting, say
from jackfield.kit.actor import Actor
from jackfield.settings import DEFAULT_HOST, DEFAULT_PORT, Settings

if TYPE_CHECKING:
    from jackfield.sandbox.connector.server import ConnectorSandbox

_US_PORT: Final = 9901
_EU_PORT: Final = 9902
_OAUTH_PORT: Final = 9903
# Where people sign in at Fernwood, and where it keeps what is theirs.
_FERNWOOD: Final = ("https://login.fernwood.example", "https://acme.fernwood.example")
_LINK_SECONDS: Final = 24 * 3600
_OWNER: Final = {"origin_owner_id": "acme", "origin_owner_name": "Acme Inc."}
_SEEDED_EMAIL: Final = "avery.abbott@example.com"
_WIDEST: Final = 60


@dataclass(frozen=True, slots=True)
class Demo:
    """The addresses, keys and place of a running demo."""

    url: str
    api_key: str
    sandbox_keys: dict[str, str]
    sandbox_urls: dict[str, str]
    oauth_url: str
    oauth_client: dict[str, str]
    sign_in_link: str
    data_dir: Path
    providers: "Mapping[str, ConnectorSandbox]"


@click.command()
@click.option("--once", is_flag=True, help="Do the main job without a browser, and end.")
@click.option("--all", "of_all", is_flag=True, help="An account of every provider's sandbox.")
@click.option("--port", type=PORT, default=DEFAULT_PORT, show_default=True, help="Of the hub.")
@json_option
@reporting
def demo(port: int, *, once: bool, of_all: bool, as_json: bool) -> None:
    """
    Run the hub, sandboxes of two providers and a demo project on this machine.

    Prints links to connect an account of Iterable, with a key, and one of Fernwood, an invented
    provider, by signing in; a link to the dashboard, an API key and two keys that the sandbox of
    Iterable takes. With --once: creates a connect session, links an account with key and region,
    runs five actions, prints what they returned, and ends.

    With --all: runs a sandbox of every other provider beside them, links an account of each, by
    signing in where there is no key, runs an action of each that reads, and prints a table. The
    data is gone when it ends.
    """
    import uvloop  # noqa: PLC0415 - kept out of `--help`

    from jackfield.sandbox.listener import PortUnavailable  # noqa: PLC0415

    if once:
        rows = uvloop.run(_once(of_all=of_all))
        (_print_accounts if of_all else _print_once)(rows, as_json=as_json)
        return
    try:
        uvloop.run(_serve(port, of_all=of_all, as_json=as_json))
    except PortUnavailable as error:
        msg = f"{error}; the demo's sandbox needs it: is another demo running?"
        fail(msg)


async def _once(*, of_all: bool) -> list[dict[str, Any]]:
    job = _link_all if of_all else _main_job
    with tempfile.TemporaryDirectory(prefix="jackfield-demo-") as folder:
        settings = replace(Settings.read(), data_dir=Path(folder), database_url=None, keyring=None)
        async with _running(settings, port=0, sandbox_ports=(0, 0, 0), of_all=of_all) as running:
            return await asyncio.to_thread(job, running)


async def _serve(port: int, *, of_all: bool, as_json: bool) -> None:
    settings = Settings.read()
    with contextlib.ExitStack() as stack:
        folder = settings.data_dir / "demo"
        if of_all:
            # Accounts of sandboxes are worth nothing without those that know their tokens.
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="jackfield-demo-"))
            )
        settings = replace(settings, data_dir=folder, database_url=None, keyring=None)
        await _serve_from(settings, port, of_all=of_all, as_json=as_json)


async def _serve_from(settings: Settings, port: int, *, of_all: bool, as_json: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    ports = (_US_PORT, _EU_PORT, _OAUTH_PORT)
    async with _running(settings, port=port, sandbox_ports=ports, of_all=of_all) as running:
        links = await asyncio.to_thread(_auth_links, running)
        _announce(running, links, as_json=as_json)
        if of_all:
            _print_accounts(await asyncio.to_thread(_link_all, running), as_json=as_json)
        await stopped.wait()


@contextlib.asynccontextmanager
async def _running(
    settings: Settings, *, port: int, sandbox_ports: tuple[int, int, int], of_all: bool
) -> AsyncGenerator[Demo]:
    from jackfield.cli import demo_providers, server, sockets  # noqa: PLC0415 - not for `--help`
    from jackfield.kit import log  # noqa: PLC0415
    from jackfield.projects import service as projects  # noqa: PLC0415
    from jackfield.sandbox.iterable.server import serve as serve_sandbox  # noqa: PLC0415
    from jackfield.sandbox.oauth.authority import FERNWOOD  # noqa: PLC0415
    from jackfield.sandbox.oauth.server import serve as serve_oauth  # noqa: PLC0415

    log.configure(level="error")
    actor = Actor.command("demo")
    opened = sockets.listen(DEFAULT_HOST, port)
    us_port, eu_port, oauth_port = sandbox_ports
    async with (
        serve_sandbox(us_port=us_port, eu_port=eu_port) as sandbox,
        serve_oauth(port=oauth_port) as oauth,
        demo_providers.serving_providers() if of_all else _no_providers() as providers,
    ):
        origins = {"us": sandbox.us, "eu": sandbox.eu}
        rewrites = [
            sandbox.provider_rewrite,
            *(f"{each}={oauth.url}" for each in _FERNWOOD),
            *(each.provider_rewrite for each in providers.values()),
        ]
        settings = replace(settings, provider_rewrite=",".join(rewrites))
        async with server.serving(settings, opened) as hub:
            project = await projects.ensure_project(hub, actor)
            async with hub.db.write(project.id, actor) as tx:
                issued = await projects.issue_key(tx, name="demo")
            yield Demo(
                url=hub.public_url,
                api_key=issued.token.reveal(),
                sandbox_keys={n: origin.api_keys["server_side"] for n, origin in origins.items()},
                sandbox_urls={name: origin.url for name, origin in origins.items()},
                oauth_url=oauth.url,
                oauth_client={"clientId": FERNWOOD.id, "clientSecret": FERNWOOD.secret or ""},
                sign_in_link=await projects.sign_in_url(hub, project, actor),
                data_dir=settings.data_dir.resolve(),
                providers=providers,
            )


@contextlib.asynccontextmanager
async def _no_providers() -> "AsyncGenerator[dict[str, ConnectorSandbox]]":
    yield {}


def _auth_links(running: Demo) -> dict[str, str]:
    known = _api(running, "GET", "/connector_profiles?connector_key=fernwood")
    if not any(each["authentication_config_key"] == "oauth2" for each in known["data"]):
        body = {
            "connector_key": "fernwood",
            "authentication_config_key": "oauth2",
            "setup": running.oauth_client,
            "default": True,
        }
        _api(running, "POST", "/connector_profiles", body=body)
    wanted = {**_OWNER, "expires_in": _LINK_SECONDS, "multiple": True}
    return {
        provider: _api(running, "POST", "/connect_sessions", body={**wanted, "provider": provider})[
            "auth_link_url"
        ]
        for provider in ("iterable", "fernwood")
    }


def _link_all(running: Demo) -> list[dict[str, Any]]:
    from jackfield.cli import demo_providers  # noqa: PLC0415 - kept out of `--help`

    ask = partial(_api, running)
    return demo_providers.link_all(running.providers, ask, running.url, _OWNER)


def _main_job(running: Demo) -> list[dict[str, Any]]:
    session = _api(running, "POST", "/connect_sessions", body={**_OWNER, "provider": "iterable"})
    token = {"x-hub-session-token": session["token"]}
    integration = _api(running, "GET", "/hub/connectors", headers=token)["integrations"][0]
    account = _api(
        running,
        "POST",
        "/hub/accounts",
        headers=token,
        body={
            "integration_id": integration["integration_id"],
            "credentials": {"api_key": running.sandbox_keys["us"], "region": "us"},
        },
    )
    rows: list[dict[str, Any]] = []

    def run(action: str, **inputs: Any) -> Any:
        output = _api(
            running,
            "POST",
            "/actions/rpc",
            headers={"x-account-id": account["id"]},
            body={"action": action, "body": inputs},
        )
        rows.append({"action": action, "inputs": inputs, "result": output["data"]})
        return output["data"]

    run("iterable_list_channels")
    run("iterable_list_campaigns", campaignState=["Running"])
    lists = run("iterable_list_lists")
    run("iterable_get_list_size", listId=lists[0]["id"])
    run("iterable_get_user_by_email", email=_SEEDED_EMAIL)
    return rows


def _api(
    running: Demo,
    method: str,
    path: str,
    *,
    body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    from jackfield.cli import api  # noqa: PLC0415 - kept out of `--help`

    with api.hub(running.url, running.api_key) as opened:
        return api.send(opened, method, path, body=body, headers=headers)


def _print_once(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"data": rows, "next": None})
        return
    print_table(
        ["action", "inputs", "returned"],
        [
            (
                row["action"],
                ", ".join(f"{name}={value}" for name, value in row["inputs"].items()),
                _summary(row["result"]),
            )
            for row in rows
        ],
        empty="",
    )
    say("linked an Iterable account and ran five actions", err=True)


def _print_accounts(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"data": rows, "next": None})
        return
    print_table(
        ["provider", "linked by", "account", "sandbox", "action", "returned"],
        [
            (
                *(row[name] for name in ("provider", "auth_method", "account_id", "sandbox")),
                row["action"],
                _summary(row["result"])[:_WIDEST],
            )
            for row in rows
        ],
        empty="",
    )
    say(f"linked an account of each of {len(rows)} providers and ran an action of each", err=True)


def _summary(result: Any) -> str:
    if isinstance(result, list):
        rows = cast("list[dict[str, Any]]", result)
        names = [str(row.get("name") or row.get("id")) for row in rows[:3]]
        return f"{len(rows)}: {', '.join(names)}{', …' if len(rows) > len(names) else ''}"
    if isinstance(result, dict):
        fields = cast("dict[str, Any]", result)
        plain = (
            f"{name}={value}" for name, value in fields.items() if isinstance(value, str | int)
        )
        return ", ".join(plain) or str(fields)
    return str(result)


def _announce(running: Demo, links: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "url": running.url,
                "auth_link": links["iterable"],
                "sign_in_at_fernwood": links["fernwood"],
                "sign_in_link": running.sign_in_link,
                "api_key": running.api_key,
                "data_dir": str(running.data_dir),
                "sandbox": {
                    name: {"url": running.sandbox_urls[name], "api_key": running.sandbox_keys[name]}
                    for name in running.sandbox_urls
                },
                "oauth_sandbox": running.oauth_url,
            }
        )
        return
    print_table(
        ["", ""],
        [
            ("Connect Iterable, with a key", links["iterable"]),
            ("Connect Fernwood, by signing in", links["fernwood"]),
            ("Dashboard", running.sign_in_link),
            ("API key", running.api_key),
            ("Iterable key, United States", running.sandbox_keys["us"]),
            ("Iterable key, European Union", running.sandbox_keys["eu"]),
            ("Iterable sandboxes", " and ".join(running.sandbox_urls.values())),
            ("Fernwood sandbox", running.oauth_url),
            ("Documentation", f"{running.url}/docs"),
            ("Data, for JACKFIELD_DATA_DIR", str(running.data_dir)),
        ],
        empty="",
    )
    say("Ctrl-C stops everything.", err=True)
