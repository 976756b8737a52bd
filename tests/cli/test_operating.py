"""The pages for operators: what they say to type works."""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import sqlite3
import ssl
import stat
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import pytest

from jackfield.cli import server, sockets
from jackfield.client import AsyncHub
from jackfield.sandbox.iterable.server import Sandbox
from jackfield.settings import Settings
from tests.cli.conftest import Command
from tests.cli.test_killed import serving
from tests.clients.conftest import link
from tests.support import postgres
from tests.support.certificates import Authority
from tests.support.clock import FrozenClock
from tests.support.running import PATIENCE, US, own_catalog, running_hub

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "operating"
PREFIX = "/jackfield"


def blocks(page: str, heading: str, language: str = "sh") -> list[str]:
    """Return the blocks of code below a heading of a page."""
    text = (PAGES / page).read_text("utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0] if heading else text
    found = re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)
    assert found, (page, heading)
    return found


async def shell(script: str, **variables: str) -> str:
    """Run what a page says, as it stands there."""
    binaries = f"{Path(sys.executable).parent}:{Path(postgres.binary('pg_dump')).parent}"
    environment = {"PATH": f"{binaries}:{os.defpath}:/usr/local/bin", **variables}
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-euc", script),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, (script, out, err)
    return out.decode()


@pytest.mark.parametrize("recipe", [0, 1], ids=["sqlite3", "python"])
async def test_what_was_copied_while_the_hub_ran_is_whole(
    jackfield: Command,
    sandbox: Sandbox,
    data_dir: Path,
    clock: FrozenClock,
    tmp_path: Path,
    recipe: int,
) -> None:
    places = {name: str(tmp_path / name.lower()) for name in ("BACKUP", "KEYS", "RESTORED")}
    await shell("mkdir $BACKUP $KEYS", **places)
    variables = {"JACKFIELD_DATA_DIR": str(data_dir), **places}
    key = (await jackfield("keys", "create", "--name", "operator", "--json")).json["key"]
    async with serving(data_dir, sandbox.us.url) as (url, process):
        async with AsyncHub(url, key) as client:
            account = await link(client, sandbox.us.api_keys["server_side"])
        copied = await shell(blocks("backup.md", "Copy a SQLite database")[recipe], **variables)
        await shell(blocks("backup.md", "Copy the keyring")[0], **variables)
        # After the copy, and gone with the machine.
        process.kill()
    restored = await shell(blocks("backup.md", "Restore a SQLite database")[0], **variables)

    async with running_hub(sandbox, data_dir=Path(places["RESTORED"]), clock=clock) as hub:
        ran = await hub.api.post(
            "/actions/rpc",
            auth=(key, ""),
            headers={"x-account-id": account},
            json={"action": "iterable_list_channels"},
        )

    assert copied.strip() == ("ok" if recipe == 0 else "")
    assert "opens the vault" in restored
    assert ran.status_code == 200, ran.text
    assert modes(tmp_path) == {"jackfield.db": 0o600, "keyring.json": 0o600}


def modes(folder: Path) -> dict[str, int]:
    """Return the modes of the copies."""
    copies = (*(folder / "backup").iterdir(), *(folder / "keys").iterdir())
    return {each.name: stat.S_IMODE(each.stat().st_mode) for each in copies}


@pytest.mark.parametrize("hub_database_url", ["postgres"], indirect=True)
async def test_a_copy_of_a_postgres_database_is_restored_as_the_page_says(
    sandbox: Sandbox,
    data_dir: Path,
    clock: FrozenClock,
    tmp_path: Path,
    hub_database_url: str,
    postgres_server: str,
) -> None:
    target = await postgres.bare_database(postgres_server, "restored")
    variables = {
        "JACKFIELD_DATABASE_URL": hub_database_url,
        "JACKFIELD_DATA_DIR": str(data_dir),
        "BACKUP": str(tmp_path),
        "RESTORED_URL": target,
    }
    where = {"data_dir": data_dir, "clock": clock}
    async with running_hub(sandbox, database_url=hub_database_url, **where) as hub:
        account = await hub.link()
        await shell(blocks("backup.md", "Copy a PostgreSQL database")[0], **variables)
    await shell(blocks("backup.md", "Restore a PostgreSQL database")[0], **variables)

    async with running_hub(sandbox, database_url=target, **where) as hub:
        ran = await hub.run(account, "iterable_list_channels")

    await postgres.drop_database(postgres_server, "restored")
    assert ran.status_code == 200, ran.text


@contextlib.asynccontextmanager
async def proxied(
    folder: Path, sandbox: Sandbox, data_dir: Path
) -> AsyncGenerator[tuple[httpx2.AsyncClient, str]]:
    """Serve a hub behind nginx, set up as the page says; yield a client of the outside and a key."""
    authority = Authority()
    pair = authority.issue("hub")
    (folder / "hub.pem").write_text(pair.certificate, "utf-8")
    (folder / "hub.key").write_text(pair.key, "utf-8")
    opened = sockets.listen("127.0.0.1", 0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outside = f"https://127.0.0.1:{port}"
    text = blocks("proxy.md", "", "nginx")[0]
    for old, new in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/nginx/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
        ("127.0.0.1:8080", f"127.0.0.1:{opened.getsockname()[1]}"),
    ):
        assert old in text
        text = text.replace(old, new)
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{each}_temp_path {folder}/{each};\n" for each in places)
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nevents {{}}\n"
        f"http {{\n{temporary}{text}}}\n",
        "utf-8",
    )
    settings = Settings(
        data_dir=data_dir,
        public_url=f"{outside}{PREFIX}",
        provider_rewrite=f"{US}={sandbox.us.url}",
    )
    binary = shutil.which("nginx", path=f"{os.defpath}:/usr/sbin")
    assert binary is not None
    async with server.serving(settings, opened, catalog=own_catalog()):
        nginx = await asyncio.create_subprocess_exec(
            *(binary, "-e", "stderr", "-c", str(folder / "nginx.conf"), "-p", str(folder)),
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            await _reached(port, nginx)
            trusted = ssl.create_default_context(cadata=authority.root)
            async with httpx2.AsyncClient(base_url=outside, verify=trusted) as client:
                yield client, outside
        finally:
            with contextlib.suppress(ProcessLookupError):
                nginx.terminate()
            await nginx.communicate()


async def _reached(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            assert process.returncode is None
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.to_thread(lambda: None)


async def test_a_hub_below_a_path_of_a_proxy_works_as_the_page_says(
    jackfield: Command, sandbox: Sandbox, data_dir: Path, tmp_path: Path
) -> None:
    key = (await jackfield("keys", "create", "--name", "operator", "--json")).json["key"]
    folder = tmp_path / "proxy"
    folder.mkdir()
    async with proxied(folder, sandbox, data_dir) as (client, outside):
        client.auth = (key, "")
        ready = await client.get(f"{PREFIX}/readyz")
        owner = {"origin_owner_id": "acme", "origin_owner_name": "Acme"}
        session = (await client.post(f"{PREFIX}/connect_sessions", json=owner)).json()
        page = await client.get(session["auth_link_url"])
        sheet = re.search(r'<link rel="stylesheet" href="([^"]+)"', page.text)
        assert sheet is not None
        styled = await client.get(sheet[1])
        file = await client.get(f"{PREFIX}/jackfield/files/jf_fl_of_nobody")
        large = await client.post(
            f"{PREFIX}/actions/rpc", content=b'{"action":"' + b"x" * 2_000_000 + b'"}'
        )
        too_large = await client.post(f"{PREFIX}/actions/rpc", content=b"x" * (16 << 20) + b"x")
        bare = await client.get(PREFIX)

    logged = (folder / "jackfield.log").read_text("utf-8")
    assert (ready.status_code, page.status_code, styled.status_code) == (200, 200, 200)
    assert session["auth_link_url"].startswith(f"{outside}{PREFIX}/")
    assert bare.headers["location"].endswith(f"{PREFIX}/")
    assert file.status_code == 404
    assert large.headers["content-type"] == "application/json"
    assert (too_large.status_code, too_large.json()["code"]) == (413, "body_too_large")
    assert f"{PREFIX}/embedded/integrations 200" in logged
    assert "jf_ct_" not in logged
    assert "jf_fl_" not in logged


def test_the_proxy_is_told_all_that_the_page_explains() -> None:
    (config,) = blocks("proxy.md", "", "nginx")
    settings = re.findall(r"^\s*([a-z_]+)[^;{]*;", config, re.MULTILINE)

    assert {
        "client_max_body_size",
        "proxy_read_timeout",
        "proxy_buffering",
        "access_log",
        "error_log",
    } <= set(settings)
    assert re.search(r"proxy_pass http://127\.0\.0\.1:8080/;", config), "the prefix is stripped"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
async def test_the_unit_is_understood_by_systemd(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "jackfield.service").read_text("utf-8")
    unit = tmp_path / "jackfield.service"
    unit.write_text(text.replace("/opt/jackfield/.venv/bin/jackfield", "/bin/true"), "utf-8")

    said = await shell(f"systemd-analyze verify {unit} 2>&1")

    assert "jackfield.service" not in said
    assert "/opt/jackfield/.venv/bin/jackfield serve" in text


def test_a_copy_of_the_first_file_alone_may_be_empty(tmp_path: Path) -> None:
    """Hold what the page warns of: it is why there are recipes."""
    opened = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    opened.execute("pragma journal_mode = wal")
    opened.execute("create table t (x)")
    shutil.copy(tmp_path / "a.db", tmp_path / "b.db")

    copied = sqlite3.connect(tmp_path / "b.db")
    assert copied.execute("select count(*) from sqlite_master").fetchone() == (0,)
    copied.close()
    opened.close()
